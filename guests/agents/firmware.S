// The prebuilt firmware, where it was linked to be. The machine enters there.

    .file   "firmware.S"
    .section .firmware, "ax"
    .global firmware_start
firmware_start:
    .incbin "../firmware/runtime.bin"
