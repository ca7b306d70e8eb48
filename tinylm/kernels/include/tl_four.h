/* For assembly: four bytes times lanes (0, 2) and (1, 3), onto a sum. bytes and spare, two registers, are lost. */
    .macro  four sum, bytes, even, odd, spare
    sxtb16  \spare, \bytes
    sxtb16  \bytes, \bytes, ror #8
    smlad   \sum, \spare, \even, \sum
    smlad   \sum, \bytes, \odd, \sum
    .endm
