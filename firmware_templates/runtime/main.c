#include "tl_console.h"
#include "tl_port.h"

int main(void)
{
    tl_port_init();
    tl_console_start();
    for (;;) {
        int byte = tl_port_read_byte();
        if (byte < 0)
            tl_port_idle();
        else
            tl_console_byte((uint8_t)byte);
    }
}
