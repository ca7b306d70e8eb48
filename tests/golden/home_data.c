/* The names of the home: 11 names, 122 bytes of trie. */
#include "tl_home.h"

const uint8_t tl_home_trie[] = {
    5, 97, 116, 116, 105, 99, 1, 0, 1, 0, 0, 1, 100, 0, 0, 17, 0, 2, 101, 110, 2, 0, 1, 0,
    0, 3, 110, 101, 114, 3, 0, 0, 0, 0, 11, 102, 105, 114, 115, 116, 32, 102, 108, 111, 111, 114, 4, 0,
    1, 0, 0, 7, 107, 105, 116, 99, 104, 101, 110, 5, 0, 11, 0, 5, 32, 108, 97, 109, 112, 7, 0, 0,
    0, 0, 1, 108, 0, 0, 0, 0, 3, 97, 109, 112, 8, 0, 8, 0, 2, 32, 50, 9, 0, 0, 0, 0,
    10, 105, 118, 105, 110, 103, 32, 114, 111, 111, 109, 10, 0, 0, 0, 5, 32, 108, 97, 109, 112, 11, 0, 0,
    0, 0,
};

const tl_home_entry tl_home_entries[] = {
{"Attic", 0x1}, /* floor */
{"The Den", 0x0}, /* area */
{"D\303\266ner", 0x40002}, /* entity */
{"first floor", 0x1}, /* floor */
{"Kitchen", 0x80}, /* area */
{"Kitchen", 0x2002}, /* entity */
{"kitchen lamp", 0x102}, /* entity */
{"lamp", 0x602}, /* entity */
{"lamp two", 0x102}, /* entity */
{"Living Room", 0x0}, /* area */
{"living room lamp", 0x402}, /* entity */
};
