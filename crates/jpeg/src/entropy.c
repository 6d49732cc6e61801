/* Which entropy decoder a JPEG gets. libjpeg-turbo calls these functions; because they are defined here, the linker does not
 * take the library's own. */

#include "entropy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

void jinit_huff_decoder(j_decompress_ptr codec);
void jinit_lhuff_decoder(j_decompress_ptr codec);
void jinit_phuff_decoder(j_decompress_ptr codec);

/* Set by tests, which look at the decoder of other processors too. */
atomic_bool photo_jpeg_without_bmi2 = false;

static bool has_bmi2(void)
{
#ifdef __x86_64__
    /* The first two generations of Zen have BMI2, but take a hundred cycles for what it is used for. */
    bool is_slow = __builtin_cpu_is("znver1") || __builtin_cpu_is("znver2");
    bool has_it = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    return has_it && !is_slow && !photo_jpeg_without_bmi2;
#else
    return false;
#endif
}

static bool lacks_usual_tables(j_decompress_ptr codec)
{
    bool has_all = true;
    for (int number = 0; number < 2; number++)
        has_all = has_all && codec->dc_huff_tbl_ptrs[number] != NULL && codec->ac_huff_tbl_ptrs[number] != NULL;
    return !has_all;
}

static void add_table(j_decompress_ptr codec, JHUFF_TBL **table, const JHUFF_TBL *usual)
{
    if (*table != NULL)
        return;
    *table = jpeg_alloc_huff_table((j_common_ptr)codec);
    memcpy((*table)->bits, usual->bits, sizeof usual->bits);
    memcpy((*table)->huffval, usual->huffval, sizeof usual->huffval);
}

/* Pictures of Motion JPEG leave out the tables that T.81 proposes in annex K.3. */
static void add_usual_tables(j_decompress_ptr codec)
{
    struct jpeg_compress_struct usual;
    usual.err = codec->err;
    jpeg_create_compress(&usual);
    usual.input_components = 3;
    usual.in_color_space = JCS_YCbCr;
    jpeg_set_defaults(&usual);
    for (int number = 0; number < 2; number++) {
        add_table(codec, &codec->dc_huff_tbl_ptrs[number], usual.dc_huff_tbl_ptrs[number]);
        add_table(codec, &codec->ac_huff_tbl_ptrs[number], usual.ac_huff_tbl_ptrs[number]);
    }
    jpeg_destroy_compress(&usual);
}

void jinit_huff_decoder(j_decompress_ptr codec)
{
    if (lacks_usual_tables(codec))
        add_usual_tables(codec);
#ifdef __x86_64__
    if (has_bmi2()) {
        photo_jpeg_sequential_bmi2(codec);
        return;
    }
#endif
    photo_jpeg_sequential(codec);
}

void jinit_phuff_decoder(j_decompress_ptr codec)
{
#ifdef __x86_64__
    if (has_bmi2()) {
        photo_jpeg_progressive_bmi2(codec);
        return;
    }
#endif
    photo_jpeg_progressive(codec);
}

void jinit_lhuff_decoder(j_decompress_ptr codec)
{
    photo_jpeg_lossless(codec);
}
