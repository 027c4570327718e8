// The boot stub: starts at the firmware's load address as the boot protocol says (x0 = device tree), prepares the runtime
// services and goes on to the kernel at the guests' load address, with x0 as it came.
// A table at a fixed place behind the first instruction leads the kernel to the services.

    .file   "stub.S"
    .equ    KERNEL, 0x40200000

    .section .text.start, "ax"
    .global _start
_start:
    b       boot
    .balign 8
    .ascii  "CVFWRT01"
    .quad   runtime_time
    .quad   runtime_stall
boot:
    mov     x19, x0
    adr     x1, stack_end
    mov     sp, x1
    bl      runtime_init
    mov     x0, x19
    movz    x16, #(KERNEL >> 16), lsl #16
    br      x16

    .data
    .balign 16
    .skip   1024
stack_end:
