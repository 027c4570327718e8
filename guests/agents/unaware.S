// The way from one image into another, as kexec goes it: interrupts and MMU off, nothing kept but what lies in memory.

    .file   "unaware.S"
    .text
    .global enter_unaware
enter_unaware:
    msr     daifset, #15
    mrs     x1, sctlr_el1
    mov     x2, #0x1005          // M, C, I
    bic     x1, x1, x2
    dsb     sy
    msr     sctlr_el1, x1
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    movz    x16, #0x4080, lsl #16
    br      x16

    .section .unaware.start, "ax"
unaware_start:
    mov     x19, x0
    adr     x1, unaware_stack_end
    mov     sp, x1
    bl      unaware_main
    mov     x0, x19
    movz    x16, #0x4020, lsl #16
    br      x16

    .section .unaware.data, "aw"
    .balign 16
    .skip   1024
unaware_stack_end:
