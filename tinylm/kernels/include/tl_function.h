/* How a function starts in assembly: in a section of its own, so that the linker leaves out what nobody calls. */
    .syntax unified
    .thumb

    .macro  function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    .endm
