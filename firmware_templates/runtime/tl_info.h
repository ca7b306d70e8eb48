/* Names rendered into the image (info.c). They stay out of the other sources, so that those compile once for all models. */
#ifndef TL_INFO_H
#define TL_INFO_H

extern const char tl_build_id[];   /* 8 hex digits: a hash of everything the image is made from */
extern const char tl_dut_name[];   /* the protocol's `name` */
extern const char tl_profile_id[]; /* the protocol's model id: kws01, lm01, ... */

#endif
