/* The entropy decoder of progressive JPEGs, in the place of libjpeg-turbo's (docs/decisions/0015).
 *
 * The library's looks at every coefficient of every block in every scan, and most of the time of such a photo goes there.
 * This one keeps 64 bits for each block, one for each coefficient that is not zero: what a scan passes over is found by them,
 * and a block in which nothing changes is not touched. What can't be foreseen is computed and not branched on. What it says of
 * broken files is what the library's says.
 *
 * Its input is hostile: places are masked to 63 or compared with 64 before they are used. */

#include "entropy.h"

#include "bits.h"
#include "coefficients.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <jerror.h>

struct decoder {
    /* First, where the library and `coefficients.c` look for it. */
    struct photo_jpeg_entropy shared;
    struct bits bits;
    /* Blocks, this one included, that have nothing more in this band. */
    unsigned int end_of_band;
    unsigned int restarts_to_go;
    /* MCUs of the scan that are yet to come. */
    size_t mcus_to_go;
    int last_dc[MAX_COMPS_IN_SCAN];
    struct table tables[NUM_HUFF_TBLS];
    struct table *ac_table;
    /* For each component and each of its blocks, the places (in zigzag) of coefficients that are not zero. */
    uint64_t *known[MAX_COMPONENTS];
    size_t blocks[MAX_COMPONENTS];
    /* Which of them the scan of one component comes to next, and behind the last. */
    uint64_t *here;
    uint64_t *here_end;
};

static struct decoder *of(j_decompress_ptr codec)
{
    return (struct decoder *)codec->entropy;
}

/* How many blocks end here: 2^run, and what the next `run` bits say. */
static inline unsigned int end_run(struct bits *bits, int run)
{
    return (1u << run) + (run > 0 ? take(bits, run) : 0);
}

/* The lowest of the bits that are set but for `number` lower ones, by itself; none where there are too few. */
static inline uint64_t lowest_but(uint64_t bits, int number)
{
#ifdef __BMI2__
    return __builtin_ia32_pdep_di((uint64_t)1 << number, bits);
#else
    for (; number > 0; number--)
        bits &= bits - 1;
    return bits & (0 - bits);
#endif
}

/* One more bit, in the place of `step`, of each coefficient at these places. */
static inline struct bits corrected(j_decompress_ptr codec, struct bits bits, uint64_t places, JCOEF *block, int step)
{
    for (; places != 0; places &= places - 1) {
        if (bits.count <= 0)
            bits = filled(codec, bits);
        JCOEF *coefficient = &block[jpeg_natural_order[__builtin_ctzll(places) & 63]];
        int sign = *coefficient < 0 ? -1 : 0;
        /* Away from zero where the bit is set. Its value is not to be foreseen, so that nothing branches on it. */
        int change = ((step ^ sign) - sign) & -(int)take(&bits, 1);
        *coefficient = (JCOEF)(*coefficient + change);
    }
    return bits;
}

/* Before an MCU: reads a restart marker where one is due. */
static boolean enter(j_decompress_ptr codec)
{
    struct decoder *decoder = of(codec);
    decoder->mcus_to_go--;
    if (codec->restart_interval == 0)
        return TRUE;
    if (decoder->restarts_to_go > 0) {
        decoder->restarts_to_go--;
        return TRUE;
    }
    if (!photo_jpeg_read_restart(codec, &decoder->bits))
        return FALSE;
    memset(decoder->last_dc, 0, sizeof decoder->last_dc);
    decoder->end_of_band = 0;
    decoder->restarts_to_go = codec->restart_interval - 1;
    return TRUE;
}

/* After an MCU, behind which these bits are left. */
static inline boolean leave(j_decompress_ptr codec, struct bits bits)
{
    struct decoder *decoder = of(codec);
    decoder->bits = decoder->mcus_to_go == 0 ? ended(codec, bits) : bits;
    return TRUE;
}

static boolean decode_dc_first(j_decompress_ptr codec, JBLOCKROW *blocks)
{
    struct decoder *decoder = of(codec);
    if (!enter(codec))
        return FALSE;
    if (decoder->shared.public.insufficient_data)
        return TRUE;
    struct bits bits = decoder->bits;
    for (int place = 0; place < codec->blocks_in_MCU; place++) {
        int component = codec->MCU_membership[place];
        bits = filled(codec, bits);
        int size = symbol(codec, &bits, &decoder->tables[codec->cur_comp_info[component]->dc_tbl_no]);
        int difference = size > 0 ? number(&bits, size) : 0;
        int *last = &decoder->last_dc[component];
        if ((*last >= 0 && difference > INT_MAX - *last) || (*last < 0 && difference < INT_MIN - *last))
            ERREXIT(codec, JERR_BAD_DCT_COEF);
        *last += difference;
        (*blocks[place])[0] = (JCOEF)((unsigned int)*last << codec->Al);
    }
    return leave(codec, settled(codec, bits));
}

static boolean decode_dc_refine(j_decompress_ptr codec, JBLOCKROW *blocks)
{
    struct decoder *decoder = of(codec);
    if (!enter(codec))
        return FALSE;
    if (decoder->shared.public.insufficient_data)
        return TRUE;
    struct bits bits = decoder->bits;
    for (int place = 0; place < codec->blocks_in_MCU; place++) {
        bits = filled(codec, bits);
        (*blocks[place])[0] |= (JCOEF)(take(&bits, 1) << codec->Al);
    }
    return leave(codec, settled(codec, bits));
}

/* The places of the block that an AC scan comes to. */
static uint64_t *known_of_next(struct decoder *decoder)
{
    return decoder->here < decoder->here_end ? decoder->here++ : NULL;
}

static boolean decode_ac_first(j_decompress_ptr codec, JBLOCKROW *blocks)
{
    struct decoder *decoder = of(codec);
    if (!enter(codec))
        return FALSE;
    uint64_t *known = known_of_next(decoder);
    if (decoder->shared.public.insufficient_data || known == NULL)
        return TRUE;
    if (decoder->end_of_band > 0) {
        decoder->end_of_band--;
        return leave(codec, decoder->bits);
    }
    const int low = codec->Al, last = codec->Se;
    const struct table *table = decoder->ac_table;
    struct bits bits = decoder->bits;
    uint64_t found = 0;
    JCOEF *block = *blocks[0];
    for (int place = codec->Ss; place <= last; place++) {
        bits = filled(codec, bits);
        int both = symbol(codec, &bits, table), run = both >> 4, size = both & 15;
        if (size > 0) {
            place += run;
            int value = number(&bits, size);
            if (place < DCTSIZE2) {
                block[jpeg_natural_order[place]] = (JCOEF)((unsigned int)value << low);
                found |= (uint64_t)1 << place;
            }
        } else if (run == 15) {
            place += 15;
        } else {
            decoder->end_of_band = end_run(&bits, run) - 1;
            break;
        }
    }
    *known |= found;
    return leave(codec, settled(codec, bits));
}

static boolean decode_ac_refine(j_decompress_ptr codec, JBLOCKROW *blocks)
{
    struct decoder *decoder = of(codec);
    if (!enter(codec))
        return FALSE;
    uint64_t *here = known_of_next(decoder);
    if (decoder->shared.public.insufficient_data || here == NULL)
        return TRUE;
    const uint64_t known = *here;
    /* The places of the band that are yet to come. */
    uint64_t ahead = (~(uint64_t)0 >> (63 - codec->Se)) & (~(uint64_t)0 << codec->Ss);
    if (decoder->end_of_band > 0 && (ahead & known) == 0) {
        decoder->end_of_band--;
        return leave(codec, decoder->bits);
    }
    const int step = 1 << codec->Al;
    const struct table *table = decoder->ac_table;
    struct bits bits = decoder->bits;
    JCOEF *block = *blocks[0];
    while (decoder->end_of_band == 0 && ahead != 0) {
        bits = filled(codec, bits);
        int both = symbol(codec, &bits, table), run = both >> 4, size = both & 15;
        if (size == 0 && run < 15) {
            decoder->end_of_band = end_run(&bits, run);
            break;
        }
        int value = 0;
        if (size > 0) {
            if (size != 1)
                WARNMS(codec, JWRN_HUFF_BAD_CODE);
            int sign = (int)take(&bits, 1) - 1;
            value = (step ^ sign) - sign;
        }
        /* After `run` zeros the next one is the new coefficient; what lies between is corrected. */
        uint64_t target = lowest_but(ahead & ~known, run);
        uint64_t passed = ahead & (target - 1);
        bits = corrected(codec, bits, passed & known, block, step);
        if (value != 0 && target != 0) {
            block[jpeg_natural_order[__builtin_ctzll(target) & 63]] = (JCOEF)value;
            *here |= target;
        }
        ahead &= ~(passed | target);
    }
    if (decoder->end_of_band > 0) {
        bits = corrected(codec, bits, ahead & known, block, step);
        decoder->end_of_band--;
    }
    return leave(codec, settled(codec, bits));
}

/* Refuses a scan that no progressive file has, and warns of one that does not follow those before it. */
static void check_scan(j_decompress_ptr codec)
{
    bool is_dc = codec->Ss == 0;
    bool is_band = is_dc ? codec->Se == 0 : codec->Ss <= codec->Se && codec->Se < DCTSIZE2 && codec->comps_in_scan == 1;
    bool is_next_bit = codec->Ah == 0 || codec->Al == codec->Ah - 1;
    if (!is_band || !is_next_bit || codec->Al > 13)
        ERREXIT4(codec, JERR_BAD_PROGRESSION, codec->Ss, codec->Se, codec->Ah, codec->Al);
    for (int place = 0; place < codec->comps_in_scan; place++) {
        int component = codec->cur_comp_info[place]->component_index;
        int *bits = codec->coef_bits[component];
        int *bits_before = codec->coef_bits[component + codec->num_components];
        if (!is_dc && bits[0] < 0)
            WARNMS2(codec, JWRN_BOGUS_PROGRESSION, component, 0);
        /* What libjpeg smooths blocks by looks at the first nine. */
        int first = codec->Ss < 1 ? codec->Ss : 1, last = codec->Se > 9 ? codec->Se : 9;
        for (int at = first; at <= last; at++)
            bits_before[at] = codec->input_scan_number > 1 ? bits[at] : 0;
        for (int at = codec->Ss; at <= codec->Se; at++) {
            if (codec->Ah != (bits[at] < 0 ? 0 : bits[at]))
                WARNMS2(codec, JWRN_BOGUS_PROGRESSION, component, at);
            bits[at] = codec->Al;
        }
    }
}

static void start_scan(j_decompress_ptr codec)
{
    struct decoder *decoder = of(codec);
    bool is_dc = codec->Ss == 0, is_first = codec->Ah == 0;
    check_scan(codec);
    photo_jpeg_give_back(codec);
    for (int place = 0; place < codec->comps_in_scan; place++) {
        const jpeg_component_info *component = codec->cur_comp_info[place];
        if (is_dc && !is_first)
            continue;
        int number = is_dc ? component->dc_tbl_no : component->ac_tbl_no;
        const JHUFF_TBL *written =
            photo_jpeg_written(codec, is_dc ? codec->dc_huff_tbl_ptrs : codec->ac_huff_tbl_ptrs, number);
        decoder->ac_table = &decoder->tables[number & 3];
        photo_jpeg_make_table(codec, &decoder->tables[number & 3], written, is_dc ? 15 : 255);
    }
    if (is_dc) {
        decoder->shared.public.decode_mcu = is_first ? decode_dc_first : decode_dc_refine;
    } else {
        int component = codec->cur_comp_info[0]->component_index;
        decoder->here = decoder->known[component];
        decoder->here_end = decoder->here + decoder->blocks[component];
        decoder->shared.public.decode_mcu = is_first ? decode_ac_first : decode_ac_refine;
    }
    decoder->bits = (struct bits){ 0 };
    decoder->shared.public.insufficient_data = FALSE;
    decoder->end_of_band = 0;
    decoder->restarts_to_go = codec->restart_interval;
    decoder->mcus_to_go = (size_t)codec->MCUs_per_row * codec->MCU_rows_in_scan;
    memset(decoder->last_dc, 0, sizeof decoder->last_dc);
}

void PHOTO_JPEG_FORM(photo_jpeg_progressive)(j_decompress_ptr codec)
{
    j_common_ptr common = (j_common_ptr)codec;
    struct decoder *decoder = codec->mem->alloc_small(common, JPOOL_IMAGE, sizeof *decoder);
    memset(decoder, 0, sizeof *decoder);
    decoder->shared.public.start_pass = start_scan;
    size_t all = 0;
    for (int place = 0; place < codec->num_components; place++) {
        const jpeg_component_info *component = &codec->comp_info[place];
        decoder->blocks[place] = (size_t)component->width_in_blocks * component->height_in_blocks;
        all += decoder->blocks[place];
    }
    uint64_t *known = codec->mem->alloc_large(common, JPOOL_IMAGE, all * sizeof *known);
    memset(known, 0, all * sizeof *known);
    decoder->shared.scratch = (char *)known;
    decoder->shared.scratch_bytes = all * sizeof *known;
    for (int place = 0; place < codec->num_components; place++) {
        decoder->known[place] = known;
        known += decoder->blocks[place];
    }
    size_t components = (size_t)codec->num_components;
    codec->coef_bits = codec->mem->alloc_small(common, JPOOL_IMAGE, 2 * components * sizeof *codec->coef_bits);
    for (size_t component = 0; component < components; component++)
        for (int place = 0; place < DCTSIZE2; place++)
            codec->coef_bits[component][place] = -1;
    codec->entropy = &decoder->shared.public;
}
