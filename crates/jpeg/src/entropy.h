/* The entropy decoders that take the place of libjpeg-turbo's: what `codec->entropy` becomes. Two of them are compiled twice,
 * for every processor and for those with BMI2. */

#ifndef PHOTO_JPEG_ENTROPY_H
#define PHOTO_JPEG_ENTROPY_H

#include "internals.h"

void photo_jpeg_lossless(j_decompress_ptr codec);
void photo_jpeg_progressive(j_decompress_ptr codec);
void photo_jpeg_progressive_bmi2(j_decompress_ptr codec);
void photo_jpeg_sequential(j_decompress_ptr codec);
void photo_jpeg_sequential_bmi2(j_decompress_ptr codec);

#endif
