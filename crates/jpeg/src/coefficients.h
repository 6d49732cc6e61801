/* The coefficients of a photo of several scans, given back to the system while it becomes pixels. */

#ifndef PHOTO_JPEG_COEFFICIENTS_H
#define PHOTO_JPEG_COEFFICIENTS_H

#include "internals.h"

#include <stddef.h>

/* An entropy decoder whose photo's coefficients are given back. */
struct photo_jpeg_entropy {
    struct jpeg_entropy_decoder public;
    /* What the library would do. */
    void (*start_output_pass)(j_decompress_ptr codec);
    int (*decompress_data)(j_decompress_ptr codec, JSAMPIMAGE rows);
    /* Up to where each component's were given back; NULL where none were. */
    char *given[MAX_COMPONENTS];
    /* What nothing but scans needs. */
    char *scratch;
    size_t scratch_bytes;
};

/* From the start of a scan on: has them given back as soon as they have become pixels, as far as `codec` shows them once.
 * `codec->entropy` begins with the structure above, in which everything but `public` is 0 at first. */
void photo_jpeg_give_back(j_decompress_ptr codec);

#endif
