/* Colour profiles are not asked of libjpeg-turbo. TurboJPEG reads them with each header, and a profile whose pieces are
 * numbered wrongly is a warning, for which the whole photo would be refused. Because this function is defined here, the linker
 * does not take the library's own. */

#include <stdio.h> /* jpeglib.h needs it */

#include <jpeglib.h>

boolean jpeg_read_icc_profile(j_decompress_ptr codec, JOCTET **profile, unsigned int *length)
{
    (void)codec;
    *profile = NULL;
    *length = 0;
    return FALSE;
}
