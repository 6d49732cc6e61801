/* The entropy decoder of sequential JPEGs, which nearly all are, in the place of libjpeg-turbo's (docs/decisions/0015).
 *
 * The library's looks up a code, and then takes the number behind it. Most of both together are so short that one look finds
 * the code, how many zeros it stands for, and the number. Files with restart markers, which many cameras write, are read as
 * fast as others. Of broken files it says what the library says, and of some that the library passes over too.
 *
 * Its input is hostile: a run of zeros leads to place 78 at most, of which the table of places knows. */

#include "bits.h"
#include "entropy.h"

#include <string.h>

#include <jerror.h>

/* A code and the number behind it. */
struct coefficient {
    /* The number, if it is among the bits that were looked at. */
    int16_t value;
    /* Bits of all that is known; 0 where the code is longer than what was looked at. */
    uint8_t bits;
    /* Zeros before the number, and its size in bits where it is not known, as in the file's symbols. */
    uint8_t symbol;
};

/* A table of the file, as it is used. */
struct codes {
    struct coefficient coefficients[1 << LOOK];
    struct table table;
};

struct decoder {
    struct jpeg_entropy_decoder public;
    struct bits bits;
    unsigned int restarts_to_go;
    /* MCUs of the scan that are yet to come. */
    size_t mcus_to_go;
    unsigned int last_dc[MAX_COMPS_IN_SCAN];
    struct codes dc[NUM_HUFF_TBLS];
    struct codes ac[NUM_HUFF_TBLS];
    /* Those of each block of an MCU. */
    const struct codes *dc_of[D_MAX_BLOCKS_IN_MCU];
    const struct codes *ac_of[D_MAX_BLOCKS_IN_MCU];
};

static struct decoder *of(j_decompress_ptr codec)
{
    return (struct decoder *)codec->entropy;
}

/* What the next look finds; with a value only where that is known. */
static inline struct coefficient look(j_decompress_ptr codec, struct bits *bits, const struct codes *codes)
{
    *bits = filled_to(codec, *bits, LOOK);
    struct coefficient next = codes->coefficients[bits->window >> (64 - LOOK)];
    bits->window <<= next.bits;
    bits->count -= next.bits;
    return next;
}

/* The symbol of a coefficient that is not known, with the bits behind it ready. */
static inline int symbol_of(j_decompress_ptr codec, struct bits *bits, const struct codes *codes, struct coefficient next)
{
    *bits = filled(codec, *bits);
    return next.bits > 0 ? next.symbol : symbol(codec, bits, &codes->table);
}

/* How far a block's first number is from that of the block before. */
static inline struct bits decode_dc(j_decompress_ptr codec, struct bits bits, const struct codes *codes, int *difference)
{
    struct coefficient next = look(codec, &bits, codes);
    *difference = next.value;
    if (next.value == 0) {
        int size = symbol_of(codec, &bits, codes, next);
        if (size > 0)
            *difference = number(&bits, size);
    }
    return bits;
}

/* The numbers of a block behind its first one. */
static inline struct bits decode_ac(j_decompress_ptr codec, struct bits bits, const struct codes *codes, JCOEF *block)
{
    for (int place = 1; place < DCTSIZE2; place++) {
        struct coefficient next = look(codec, &bits, codes);
        if (__builtin_expect(next.value != 0, 1)) {
            place += next.symbol >> 4;
            block[jpeg_natural_order[place]] = next.value;
            continue;
        }
        int both = symbol_of(codec, &bits, codes, next), run = both >> 4, size = both & 15;
        if (size > 0) {
            place += run;
            block[jpeg_natural_order[place]] = (JCOEF)number(&bits, size);
        } else if (run == 15) {
            place += 15;
        } else {
            break;
        }
    }
    return bits;
}

static boolean decode_mcu(j_decompress_ptr codec, JBLOCKROW *blocks)
{
    struct decoder *decoder = of(codec);
    if (codec->restart_interval > 0 && decoder->restarts_to_go-- == 0) {
        if (!photo_jpeg_read_restart(codec, &decoder->bits))
            return FALSE;
        memset(decoder->last_dc, 0, sizeof decoder->last_dc);
        decoder->restarts_to_go = codec->restart_interval - 1;
    }
    decoder->mcus_to_go--;
    if (decoder->public.insufficient_data)
        return TRUE;
    struct bits bits = decoder->bits;
    for (int place = 0; place < codec->blocks_in_MCU; place++) {
        /* Rows that are passed over have no blocks. */
        JBLOCK passed;
        JCOEF *block = blocks == NULL ? passed : *blocks[place];
        int difference = 0;
        bits = decode_dc(codec, bits, decoder->dc_of[place], &difference);
        unsigned int *last = &decoder->last_dc[codec->MCU_membership[place]];
        *last += (unsigned int)difference;
        block[0] = (JCOEF)*last;
        bits = decode_ac(codec, bits, decoder->ac_of[place], block);
    }
    bits = settled(codec, bits);
    decoder->bits = decoder->mcus_to_go == 0 ? ended(codec, bits) : bits;
    return TRUE;
}

static void make_codes(j_decompress_ptr codec, struct codes *codes, const JHUFF_TBL *written, int symbol_max)
{
    photo_jpeg_make_table(codec, &codes->table, written, symbol_max);
    for (uint32_t ahead = 0; ahead < 1u << LOOK; ahead++) {
        int found = codes->table.look[ahead], length = found >> 8, size = found & 15;
        struct coefficient known = { 0, (uint8_t)length, (uint8_t)found };
        if (size > 0 && length + size <= LOOK) {
            struct bits bits = { (uint64_t)ahead << (64 - LOOK + length), 0 };
            known.value = (int16_t)number(&bits, size);
            known.bits = (uint8_t)(length + size);
        }
        codes->coefficients[ahead] = known;
    }
}

static void start_scan(j_decompress_ptr codec)
{
    struct decoder *decoder = of(codec);
    if (codec->Ss != 0 || codec->Se != DCTSIZE2 - 1 || codec->Ah != 0 || codec->Al != 0)
        WARNMS(codec, JWRN_NOT_SEQUENTIAL);
    for (int place = 0; place < codec->comps_in_scan; place++) {
        int dc = codec->cur_comp_info[place]->dc_tbl_no, ac = codec->cur_comp_info[place]->ac_tbl_no;
        make_codes(codec, &decoder->dc[dc & 3], photo_jpeg_written(codec, codec->dc_huff_tbl_ptrs, dc), 15);
        make_codes(codec, &decoder->ac[ac & 3], photo_jpeg_written(codec, codec->ac_huff_tbl_ptrs, ac), 255);
    }
    for (int place = 0; place < codec->blocks_in_MCU; place++) {
        const jpeg_component_info *component = codec->cur_comp_info[codec->MCU_membership[place]];
        decoder->dc_of[place] = &decoder->dc[component->dc_tbl_no & 3];
        decoder->ac_of[place] = &decoder->ac[component->ac_tbl_no & 3];
    }
    decoder->bits = (struct bits){ 0 };
    decoder->public.insufficient_data = FALSE;
    decoder->restarts_to_go = codec->restart_interval;
    decoder->mcus_to_go = (size_t)codec->MCUs_per_row * codec->MCU_rows_in_scan;
    memset(decoder->last_dc, 0, sizeof decoder->last_dc);
}

void PHOTO_JPEG_FORM(photo_jpeg_sequential)(j_decompress_ptr codec)
{
    struct decoder *decoder = codec->mem->alloc_small((j_common_ptr)codec, JPOOL_IMAGE, sizeof *decoder);
    memset(decoder, 0, sizeof *decoder);
    decoder->public.start_pass = start_scan;
    decoder->public.decode_mcu = decode_mcu;
    codec->entropy = &decoder->public;
}
