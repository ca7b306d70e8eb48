/* Types shared by the generated model, the kernels and the firmware's runtime. */
#ifndef TL_TYPES_H
#define TL_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* Element types of a tensor. */
enum {
    TL_INT8 = 1,
    TL_UINT8 = 2,
    TL_INT16 = 3,
    TL_INT32 = 4,
    TL_FLOAT32 = 5,
    TL_BOOL = 6,
    TL_INT64 = 7,
    TL_UINT32 = 8,
    TL_UINT64 = 9
};

enum { TL_CANARY_WORDS = 4 }; /* 32-bit words behind the arena that no kernel may touch */

/* Tensors lie at multiples of 4 bytes, those of int64 too. */
typedef int64_t tl_int64 __attribute__((aligned(4)));
typedef uint64_t tl_uint64 __attribute__((aligned(4)));

/* An input or output of the model: real value = scale * (element - zero_point). */
typedef struct {
    const char *name;
    void *data;
    uint32_t bytes;
    uint8_t type;
    float scale;
    int32_t zero_point;
} tl_io;

/* In front of a loop that is not to be unrolled: it does enough in one turn. (GCC unrolls none at -O2.) */
#ifdef __clang__
#define TL_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define TL_ROLLED
#endif

/* All of libc that generated code may use. A freestanding compiler has no string.h. */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* For code that steers loops, or is rarely taken: compiled for size, not inlined. */
#ifdef __clang__
#define TL_SMALL __attribute__((noinline, minsize))
#else
#define TL_SMALL __attribute__((noinline, optimize("Os")))
#endif

#endif
