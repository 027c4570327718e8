// Kernels that use FP and SIMD registers, and the way to EL0 and back.

    .file   "kernels.S"
    .arch   armv8-a
    .text

// x0 = iterations. A polynomial, a square root and a division an iteration, over a small matrix; returns the sum's bits.
    .global fp_kernel
fp_kernel:
    adrp    x1, constants
    add     x1, x1, :lo12:constants
    ldp     d16, d17, [x1]
    ldp     d18, d19, [x1, #16]
    fmov    d0, #1.0
    fmov    d1, #2.0
    fmov    d2, #3.0
    fmov    d3, #0.5
    movi    d4, #0
1:  fmul    d5, d0, d16
    fmadd   d6, d1, d17, d5
    fmadd   d7, d2, d18, d6
    fadd    d0, d3, d7
    fmul    d5, d1, d17
    fmadd   d6, d2, d16, d5
    fmadd   d1, d3, d19, d6
    fabs    d5, d1
    fsqrt   d5, d5
    fadd    d6, d5, d16
    fdiv    d2, d7, d6
    fsub    d3, d0, d2
    fmul    d3, d3, d19
    fadd    d4, d4, d2
    fmul    d0, d0, d19
    subs    x0, x0, #1
    b.ne    1b
    fmov    x0, d4
    ret

// x0 = from, x1 = to, x2 = bytes (a multiple of 64), x3 = times. Copies and sums up; returns a checksum.
    .global simd_kernel
simd_kernel:
    movi    v16.2d, #0
    movi    v17.2d, #0
1:  mov     x4, x0
    mov     x5, x1
    mov     x6, x2
2:  ld1     {v0.16b-v3.16b}, [x4], #64
    add     v4.4s, v0.4s, v1.4s
    eor     v5.16b, v2.16b, v3.16b
    mul     v6.8h, v4.8h, v5.8h
    uaddlp  v7.8h, v5.16b
    add     v16.4s, v16.4s, v4.4s
    uadalp  v17.4s, v7.8h
    eor     v16.16b, v16.16b, v6.16b
    st1     {v0.16b-v3.16b}, [x5], #64
    subs    x6, x6, #64
    b.ne    2b
    subs    x3, x3, #1
    b.ne    1b
    add     v16.4s, v16.4s, v17.4s
    addv    s0, v16.4s
    fmov    w0, s0
    ret

// x0 = calls, x1 = entry at EL0.
    .global el0_run
el0_run:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    msr     elr_el1, x1
    mov     x1, #0x3c0
    msr     spsr_el1, x1
    mov     x1, #0
    eret
    .global el0_return
el0_return:
    mov     x0, x1
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #96
    ret

    .global el0_loop
el0_loop:
    svc     #0
    subs    x0, x0, #1
    b.ne    el0_loop
    svc     #1

// Saves and restores what a switch of threads saves and restores.
    .global swap_registers
swap_registers:
    adrp    x0, saved
    add     x0, x0, :lo12:saved
    stp     x19, x20, [x0]
    stp     x21, x22, [x0, #16]
    stp     x23, x24, [x0, #32]
    stp     x25, x26, [x0, #48]
    stp     x27, x28, [x0, #64]
    stp     x29, x30, [x0, #80]
    mov     x1, sp
    mrs     x2, sp_el0
    stp     x1, x2, [x0, #96]
    ldp     x1, x2, [x0, #96]
    mov     sp, x1
    msr     sp_el0, x2
    ldp     x19, x20, [x0]
    ldp     x21, x22, [x0, #16]
    ldp     x23, x24, [x0, #32]
    ldp     x25, x26, [x0, #48]
    ldp     x27, x28, [x0, #64]
    ldp     x29, x30, [x0, #80]
    ret

    .section .rodata
    .balign 16
constants:
    .double 0.7071, 0.4142, 0.3333, 0.2718

    .bss
    .balign 16
saved:
    .skip   128
