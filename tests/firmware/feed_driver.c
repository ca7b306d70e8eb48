/* Feeds standard input to the console; for builds with a sanitizer that wants to be in charge of the whole program. */
#include <stdint.h>
#include <stdio.h>

void tl_host_start(void (*callback)(const char *bytes, uint32_t count));
void tl_host_feed(const uint8_t *bytes, uint32_t count);

static void show(const char *bytes, uint32_t count)
{
    fwrite(bytes, 1, count, stdout);
}

int main(void)
{
    uint8_t byte;
    tl_host_start(show);
    while (fread(&byte, 1, 1, stdin) == 1) tl_host_feed(&byte, 1);
    return 0;
}
