#include "bits.h"

#include <string.h>

#include <jerror.h>

/* The next byte of the file; false where there is none, after the source has said so. */
static bool next_byte(j_decompress_ptr codec, int *byte)
{
    struct jpeg_source_mgr *source = codec->src;
    if (source->bytes_in_buffer == 0 && !source->fill_input_buffer(codec))
        return false;
    source->bytes_in_buffer--;
    *byte = *source->next_input_byte++;
    return true;
}

struct bits photo_jpeg_filled_slowly(j_decompress_ptr codec, struct bits bits)
{
    if (bits.count < 0)
        bits.window = 0;
    while (bits.count >= 0 && bits.count <= 56 && codec->unread_marker == 0) {
        int byte = 0;
        if (!next_byte(codec, &byte))
            break;
        if (byte == 0xFF) {
            do {
                if (!next_byte(codec, &byte))
                    return bits;
            } while (byte == 0xFF);
            if (byte != 0) {
                codec->unread_marker = byte;
                break;
            }
            byte = 0xFF;
        }
        bits.window |= (uint64_t)byte << (56 - bits.count);
        bits.count += 8;
    }
    return bits;
}

int photo_jpeg_long_code(j_decompress_ptr codec, uint32_t ahead, const struct table *table)
{
    for (int length = LOOK + 1; length <= CODE_BITS_MAX; length++) {
        if (ahead < table->end[length]) {
            int32_t code = (int32_t)(ahead >> (CODE_BITS_MAX - length));
            return length << 8 | table->symbols[(code + table->offset[length]) & 0xFF];
        }
    }
    WARNMS(codec, JWRN_HUFF_BAD_CODE);
    return (CODE_BITS_MAX + 1) << 8;
}

struct bits photo_jpeg_ran_out(j_decompress_ptr codec)
{
    if (!codec->entropy->insufficient_data) {
        WARNMS(codec, JWRN_HIT_MARKER);
        codec->entropy->insufficient_data = TRUE;
    }
    return (struct bits){ 0 };
}

boolean photo_jpeg_read_restart(j_decompress_ptr codec, struct bits *bits)
{
    codec->marker->discarded_bytes += (unsigned int)bits->count / 8;
    *bits = (struct bits){ 0 };
    /* Where the marker is yet to be found, the library says so itself. */
    if (codec->unread_marker != 0 && codec->marker->discarded_bytes > 0) {
        WARNMS2(codec, JWRN_EXTRANEOUS_DATA, codec->marker->discarded_bytes, codec->unread_marker);
        codec->marker->discarded_bytes = 0;
    }
    if (!codec->marker->read_restart_marker(codec))
        return FALSE;
    /* Right behind it another marker: its segment is empty. */
    if (codec->unread_marker == 0)
        codec->entropy->insufficient_data = FALSE;
    return TRUE;
}

/* The table as it is used, by T.81, annex C. */
void photo_jpeg_make_table(j_decompress_ptr codec, struct table *table, const JHUFF_TBL *written, int symbol_max)
{
    memset(table, 0, sizeof *table);
    memcpy(table->symbols, written->huffval, sizeof table->symbols);
    uint32_t code = 0;
    int place = 0;
    for (int length = 1; length <= CODE_BITS_MAX; length++) {
        table->offset[length] = place - (int32_t)code;
        for (int left = written->bits[length]; left > 0; left--, code++, place++) {
            if (place >= 256 || code >= 1u << length || written->huffval[place] > symbol_max) {
                ERREXIT(codec, JERR_BAD_HUFF_TABLE);
                return;
            }
            if (length <= LOOK) {
                uint16_t found = (uint16_t)(length << 8 | written->huffval[place]);
                for (uint32_t rest = 0; rest < 1u << (LOOK - length); rest++)
                    table->look[code << (LOOK - length) | rest] = found;
            }
        }
        /* A code of only ones is no symbol's. */
        if (written->bits[length] > 0 && code >= 1u << length) {
            ERREXIT(codec, JERR_BAD_HUFF_TABLE);
            return;
        }
        table->end[length] = code << (CODE_BITS_MAX - length);
        code <<= 1;
    }
}

const JHUFF_TBL *photo_jpeg_written(j_decompress_ptr codec, JHUFF_TBL *const *tables, int number)
{
    if (number < 0 || number >= NUM_HUFF_TBLS || tables[number] == NULL)
        ERREXIT1(codec, JERR_NO_HUFF_TABLE, number);
    return tables[number];
}
