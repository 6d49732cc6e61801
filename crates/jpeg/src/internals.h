/* Structures of libjpeg-turbo that our parts of it share with the rest: from its jpegint.h, which is not installed. */

#ifndef PHOTO_JPEG_INTERNALS_H
#define PHOTO_JPEG_INTERNALS_H

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

#if LIBJPEG_TURBO_VERSION_NUMBER < 3000000 || LIBJPEG_TURBO_VERSION_NUMBER >= 3002000
#error "compare these structures with jpegint.h of this version, and our decoders with its jdhuff.c, jdlhuff.c and jdphuff.c"
#endif

struct jpeg_entropy_decoder {
    void (*start_pass)(j_decompress_ptr codec);
    boolean (*decode_mcu)(j_decompress_ptr codec, JBLOCKROW *blocks);
    JDIMENSION (*decode_mcus)(
        j_decompress_ptr codec, int ***differences, JDIMENSION row, JDIMENSION column, JDIMENSION count);
    boolean (*process_restart)(j_decompress_ptr codec);
    boolean insufficient_data;
};

struct jpeg_marker_reader {
    void (*reset_marker_reader)(j_decompress_ptr codec);
    int (*read_markers)(j_decompress_ptr codec);
    jpeg_marker_parser_method read_restart_marker;
    boolean saw_SOI;
    boolean saw_SOF;
    int next_restart_num;
    unsigned int discarded_bytes;
};

/* Of a lossless file it begins the undoing of differences. */
struct jpeg_inverse_dct {
    void (*start_pass)(j_decompress_ptr codec);
};

/* Where a place in zigzag lies in a block; with 16 more, a run's length, which are the last place. */
extern const int jpeg_natural_order[DCTSIZE2 + 16];

struct jpeg_d_coef_controller {
    void (*start_input_pass)(j_decompress_ptr codec);
    int (*consume_data)(j_decompress_ptr codec);
    void (*start_output_pass)(j_decompress_ptr codec);
    int (*decompress_data)(j_decompress_ptr codec, JSAMPIMAGE rows);
    void *decompress_data_12;
    void *decompress_data_16;
    JDIMENSION mcu_ctr;
    int mcu_vert_offset;
    int mcu_rows_per_imcu_row;
    jvirt_barray_ptr *coef_arrays;
};

#endif
