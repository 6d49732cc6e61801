/* Which entropy decoder a progressive JPEG gets. libjpeg-turbo calls this function; because it is defined here, the linker does
 * not take the library's own. */

#include "progressive.h"

#include <stdatomic.h>
#include <stdbool.h>

void jinit_phuff_decoder(j_decompress_ptr codec);

/* Set by tests, which look at the decoder of other processors too. */
atomic_bool photo_jpeg_without_bmi2 = false;

void jinit_phuff_decoder(j_decompress_ptr codec)
{
#ifdef __x86_64__
    /* The first two generations of Zen have BMI2, but take a hundred cycles for what it is used for. */
    bool is_slow = __builtin_cpu_is("znver1") || __builtin_cpu_is("znver2");
    bool has_bmi2 = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    if (has_bmi2 && !is_slow && !photo_jpeg_without_bmi2) {
        photo_jpeg_progressive_bmi2(codec);
        return;
    }
#endif
    photo_jpeg_progressive(codec);
}
