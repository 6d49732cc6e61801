/* The entropy decoder of lossless JPEGs. Few files are, but the library's would bring its decoder of sequential ones with it,
 * whose name is taken. */

#include "bits.h"
#include "entropy.h"

#include <string.h>

/* The symbol of a difference of 32,768, behind which there is no number (T.81, H.1.2.2). */
#define HALF 16

struct decoder {
    struct jpeg_entropy_decoder public;
    struct bits bits;
    struct table tables[NUM_HUFF_TBLS];
};

static struct decoder *of(j_decompress_ptr codec)
{
    return (struct decoder *)codec->entropy;
}

static inline struct bits decode_difference(
    j_decompress_ptr codec, struct bits bits, const struct table *table, int *difference)
{
    bits = filled(codec, bits);
    int size = symbol(codec, &bits, table);
    if (size == HALF)
        *difference = 32768;
    else
        *difference = size > 0 ? number(&bits, size) : 0;
    return bits;
}

/* Where the differences of a component's row lie that belong to the MCU in that column. */
static int *differences(const jpeg_component_info *component, int ***rows, JDIMENSION row, JDIMENSION column)
{
    return rows[component->component_index][row] + column * (JDIMENSION)component->MCU_width;
}

/* No differences, from which the library makes a medium gray. */
static void clear(j_decompress_ptr codec, int ***rows, JDIMENSION first_row, JDIMENSION column, JDIMENSION count)
{
    for (int place = 0; place < codec->comps_in_scan; place++) {
        const jpeg_component_info *component = codec->cur_comp_info[place];
        for (int row = 0; row < component->MCU_height; row++) {
            int *cleared = differences(component, rows, first_row + (JDIMENSION)row, column);
            memset(cleared, 0, count * (size_t)component->MCU_width * sizeof *cleared);
        }
    }
    codec->idct->start_pass(codec);
}

static JDIMENSION decode_mcus(
    j_decompress_ptr codec, int ***rows, JDIMENSION first_row, JDIMENSION first_column, JDIMENSION count)
{
    struct decoder *decoder = of(codec);
    if (decoder->public.insufficient_data) {
        clear(codec, rows, first_row, first_column, count);
        return count;
    }
    struct bits bits = decoder->bits;
    for (JDIMENSION column = first_column; column < first_column + count; column++) {
        for (int place = 0; place < codec->comps_in_scan; place++) {
            const jpeg_component_info *component = codec->cur_comp_info[place];
            const struct table *table = &decoder->tables[component->dc_tbl_no & 3];
            for (int row = 0; row < component->MCU_height; row++) {
                int *difference = differences(component, rows, first_row + (JDIMENSION)row, column);
                for (int left = component->MCU_width; left > 0; left--)
                    bits = decode_difference(codec, bits, table, difference++);
            }
        }
    }
    /* This row may be the last. */
    decoder->bits = ended(codec, settled(codec, bits));
    return count;
}

static boolean restart(j_decompress_ptr codec)
{
    return photo_jpeg_read_restart(codec, &of(codec)->bits);
}

static void start_scan(j_decompress_ptr codec)
{
    struct decoder *decoder = of(codec);
    for (int place = 0; place < codec->comps_in_scan; place++) {
        int number = codec->cur_comp_info[place]->dc_tbl_no;
        const JHUFF_TBL *written = photo_jpeg_written(codec, codec->dc_huff_tbl_ptrs, number);
        photo_jpeg_make_table(codec, &decoder->tables[number & 3], written, HALF);
    }
    decoder->bits = (struct bits){ 0 };
    decoder->public.insufficient_data = FALSE;
}

void photo_jpeg_lossless(j_decompress_ptr codec)
{
    struct decoder *decoder = codec->mem->alloc_small((j_common_ptr)codec, JPOOL_IMAGE, sizeof *decoder);
    memset(decoder, 0, sizeof *decoder);
    decoder->public.start_pass = start_scan;
    decoder->public.decode_mcus = decode_mcus;
    decoder->public.process_restart = restart;
    codec->entropy = &decoder->public;
}
