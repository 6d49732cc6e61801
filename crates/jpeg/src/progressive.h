/* The entropy decoders of progressive JPEGs: one source, compiled for every processor and for those with BMI2. */

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

void photo_jpeg_progressive(j_decompress_ptr codec);
void photo_jpeg_progressive_bmi2(j_decompress_ptr codec);
