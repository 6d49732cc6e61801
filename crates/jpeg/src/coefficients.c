/* libjpeg-turbo holds the coefficients of a photo of several scans, two bytes for each sample, until all its pixels are there.
 * Once the last scan is read it comes to each of them once, row by row: what lies behind is given back meanwhile, so that a
 * photo never has its coefficients and its pixels at the same time. */

#define _DEFAULT_SOURCE

#include "coefficients.h"

#include <stdatomic.h>
#include <stdint.h>

#include <sys/mman.h>

/* Memory goes back in pieces of this size: parts of a huge page would take time and give nothing back. */
#define PIECE ((uintptr_t)2 << 20)

/* So many rows of MCUs are kept: smoothing of blocks looks two back. */
#define KEPT_ROWS 3

/* All bytes that were; tests look at it. */
atomic_size_t photo_jpeg_given_back = 0;

static struct photo_jpeg_entropy *of(j_decompress_ptr codec)
{
    return (struct photo_jpeg_entropy *)codec->entropy;
}

static char *next_piece(char *address)
{
    return address + (PIECE - (uintptr_t)address % PIECE) % PIECE;
}

/* Gives back the whole pieces between the two, and returns up to where. */
static char *give_back(char *from, char *end)
{
    char *first = next_piece(from), *last = end - (uintptr_t)end % PIECE;
    if (last <= first || madvise(first, (size_t)(last - first), MADV_DONTNEED) != 0)
        return from;
    photo_jpeg_given_back += (size_t)(last - first);
    return last;
}

/* The row of blocks at that place. */
static char *row_at(j_decompress_ptr codec, int component, JDIMENSION place)
{
    jvirt_barray_ptr coefficients = codec->coef->coef_arrays[component];
    return (char *)codec->mem->access_virt_barray((j_common_ptr)codec, coefficients, place, 1, FALSE)[0];
}

/* Gives back the rows of blocks before that one. */
static void give_back_rows(j_decompress_ptr codec, int component, JDIMENSION rows)
{
    char **given = &of(codec)->given[component];
    char *first = row_at(codec, component, 0), *end = row_at(codec, component, rows);
    size_t row_bytes = (size_t)(row_at(codec, component, 1) - first);
    /* An array of more than a gigabyte lies in several parts. */
    if (end >= first && (size_t)(end - first) == rows * row_bytes)
        *given = give_back(*given == NULL ? first : *given, end);
}

static int decompress_data(j_decompress_ptr codec, JSAMPIMAGE rows)
{
    int status = of(codec)->decompress_data(codec, rows);
    if (codec->output_iMCU_row <= KEPT_ROWS)
        return status;
    for (int component = 0; component < codec->num_components; component++) {
        int rows_of_mcu = codec->comp_info[component].v_samp_factor;
        give_back_rows(codec, component, (codec->output_iMCU_row - KEPT_ROWS) * (JDIMENSION)rows_of_mcu);
    }
    return status;
}

static void start_output_pass(j_decompress_ptr codec)
{
    struct photo_jpeg_entropy *decoder = of(codec);
    decoder->start_output_pass(codec);
    decoder->decompress_data = codec->coef->decompress_data;
    codec->coef->decompress_data = decompress_data;
    give_back(decoder->scratch, decoder->scratch + decoder->scratch_bytes);
}

void photo_jpeg_give_back(j_decompress_ptr codec)
{
    struct jpeg_d_coef_controller *library = codec->coef;
    /* A buffered image may be shown again, with what more scans say of it. */
    if (codec->buffered_image || library->start_output_pass == start_output_pass || library->coef_arrays == NULL)
        return;
    of(codec)->start_output_pass = library->start_output_pass;
    library->start_output_pass = start_output_pass;
}
