@ Second stage boot loader of the RP2040. DS = RP2040 Datasheet, release 2.2.
@
@ The boot ROM copies the first 256 bytes of flash to SRAM, checks the CRC-32 in their last word (DS 2.8.1.3.1; image.py
@ writes it) and jumps here. We set up the SSI for execution in place and start the image behind us.
@
@ Serial read, command 03h: every SPI flash knows it, no mode bits, nothing to undo at a reset. Four to six times slower
@ than quad reads on a cache miss; a quad boot2 has to know the flash chip and to be tried on one.

    .syntax unified
    .cpu cortex-m0plus
    .thumb
    .section .boot2, "ax", %progbits
    .global tl_boot2
    .type tl_boot2, %function
    .thumb_func
tl_boot2:
    ldr r3, =0x18000000     @ SSI, DS 4.10.13
    movs r1, #0
    str r1, [r3, #0x08]     @ SSIENR: off while we change it
    movs r1, #4
    str r1, [r3, #0x14]     @ BAUDR: 133 MHz / 4 is what 03h may run at
    ldr r1, =0x001F0300     @ CTRLR0: standard SPI, 32-bit frames, "EEPROM read" (send command, then receive)
    str r1, [r3, #0x00]
    movs r1, #0
    str r1, [r3, #0x04]     @ CTRLR1: one data frame
    ldr r2, =0x180000F4     @ SPI_CTRLR0: command 03h, 8-bit instruction, 6 address nibbles, no wait, all on one line
    ldr r1, =0x03000218
    str r1, [r2]
    movs r1, #1
    str r1, [r3, #0x08]     @ SSIENR: on

    ldr r0, =0x10000100     @ the vector table behind these 256 bytes
    ldr r1, =0xE000ED08     @ VTOR, ARMv6-M manual B3.2.5
    str r0, [r1]
    ldmia r0!, {r1, r2}     @ initial stack pointer, reset vector
    msr msp, r1
    bx r2

    .ltorg
    .org 252, 0
    .word 0                 @ the CRC's place
