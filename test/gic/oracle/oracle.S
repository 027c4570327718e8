// Entry at EL2, the EL2 vectors, and the way down to EL1: see oracle.c.

    .file   "oracle.S"
    .section .text.start, "ax"
    .global _start
_start:
    adrp    x0, el2_vectors
    add     x0, x0, :lo12:el2_vectors
    msr     vbar_el2, x0
    mov     x0, #0xf
    msr     S3_4_C12_C9_5, x0       // ICC_SRE_EL2: SRE, DFB, DIB, Enable
    isb
    ldr     x0, =(1 << 31 | 1 << 4 | 1 << 3)
    msr     hcr_el2, x0             // RW, IMO, FMO
    ldr     x0, =0x48000000
    msr     sp_el1, x0
    ldr     x0, =0x47f00000
    mov     sp, x0
    mov     x0, #0x3c5              // EL1h, DAIF masked
    msr     spsr_el2, x0
    adrp    x0, main
    add     x0, x0, :lo12:main
    msr     elr_el2, x0
    eret

    .balign 2048
el2_vectors:
    .space  0x400
    stp     x29, x30, [sp, #-16]!   // synchronous, from EL1
    bl      hypervisor_access
    ldp     x29, x30, [sp], #16
    eret
    .balign 128
1:  b       1b

    .text
    .global hypervisor
hypervisor:
    hvc     #0
    ret

    .global semihosting
semihosting:
    hlt     #0xf000
    ret
