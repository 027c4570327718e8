// Accesses that may fault: the handler goes on at label 9. And the code that runs at EL0.

    .file   "probe.S"
    .text

    .macro  probe name
    .global \name
\name:
    adr     x9, 9f
    adrp    x10, resume_at
    str     x9, [x10, :lo12:resume_at]
    .endm

    probe   probe_read
    ldr     w0, [x0]
9:  ret

    probe   probe_read64
    ldr     x0, [x0]
9:  ret

    probe   probe_write
    str     w1, [x0]
9:  ret

    probe   probe_post_index
    ldr     x1, [x0], #8
9:  ret

    probe   probe_exclusive
    ldxr    w1, [x0]
9:  clrex
    ret

    probe   probe_zva
    dc      zva, x0
9:  ret

    probe   probe_fp
    .arch_extension fp
    fmov    d0, xzr
9:  ret

    .global probe_fetch
probe_fetch:
    stp     x29, x30, [sp, #-16]!
    adr     x9, 9f
    adrp    x10, resume_at
    str     x9, [x10, :lo12:resume_at]
    blr     x0
9:  ldp     x29, x30, [sp], #16
    ret

    probe   probe_stack
    msr     spsel, #0
    mov     sp, x0
    ldr     x1, [sp]
9:  msr     spsel, #1
    ret

    .global enter_user
enter_user:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    msr     elr_el1, x0
    msr     sp_el0, x1
    mov     x3, #0x3c0          // EL0t, DAIF masked
    msr     spsr_el1, x3
    mov     x0, x2
    eret
    .global user_return
user_return:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

    .macro  stub name
    .global \name
\name:
    .endm

    .balign 4096
    .global user_text
user_text:
    stub    user_svc
    add     x0, x0, #1
    svc     #0x1234
    stub    user_load
    ldr     w0, [x0]
    svc     #0
    stub    user_jump
    br      x0
    stub    user_sctlr
    mrs     x0, sctlr_el1
    svc     #0
    stub    user_midr
    mrs     x0, midr_el1
    svc     #0
    stub    user_hvc
    hvc     #0
    svc     #0
    stub    user_cntvct
    mrs     x7, cntvct_el0
    svc     #0
    stub    user_ctr
    mrs     x9, ctr_el0
    svc     #0
    stub    user_zva
    dc      zva, x0
    svc     #0
    stub    user_daif
    msr     daifset, #2
    svc     #0
    stub    user_stack
    ldr     x0, [sp]
    svc     #0
    .balign 4096
