*** Comments ***
tiny-talk on the Nordic nRF52840 DK: renode-test nrf52840.robot

*** Variables ***
${SCRIPT}                       ${CURDIR}/nrf52840.resc
${UART}                         sysbus.uart0

*** Keywords ***
Start The Board
    Execute Command             include @${SCRIPT}
    Create Terminal Tester      ${UART}  timeout=30
    Start Emulation
    Wait For Line On Uart       m-ready

*** Test Cases ***
It Says Who It Is
    Start The Board
    Write To Uart               name%
    Wait For Line On Uart       m-name-dut-[tinylm-nrf52840]
    Wait For Line On Uart       m-ready
    Write To Uart               profile%
    Wait For Line On Uart       m-model-[lm01]
    Write To Uart               build%
    Wait For Line On Uart       m-build-[0123abcd]

The Model Runs And Its Arena Stays Whole
    Start The Board
    Write To Uart               infer 1 0%
    Wait For Line On Uart       m-results-[
    Wait For Line On Uart       m-ready
    Write To Uart               stack%
    Wait For Line On Uart       m-arena-[ok]

The Model Answers
    Start The Board
    Write To Uart               lm reset%
    Wait For Line On Uart       m-ready
    Write To Uart               lm feed hello%
    Wait For Line On Uart       m-lm-pending-
    Write To Uart               lm generate 32%
    Wait For Line On Uart       m-lm-stop-[
