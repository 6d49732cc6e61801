/* What all entropy decoders of ours have in common: the bits of a scan, and Huffman codes.
 *
 * Bits are read by the word, and taken from a window that gives zeros when there are no more. The library goes on behind a scan
 * where it stopped reading: at the next marker, or before the bytes that were not counted. */

#ifndef PHOTO_JPEG_BITS_H
#define PHOTO_JPEG_BITS_H

#include "internals.h"

#include <stdbool.h>
#include <stdint.h>

/* Codes of up to so many bits are found by one look. */
#define LOOK 10
#define CODE_BITS_MAX 16
/* So many bits are ready where the file has more of them. */
#define READY 57

struct table {
    /* By the next LOOK bits: the code's length, then its symbol; 0 where the code is longer. */
    uint16_t look[1 << LOOK];
    /* By length: the first code that is longer, at the upper end of 16 bits; and what makes a code its symbol's place. */
    uint32_t end[CODE_BITS_MAX + 1];
    int32_t offset[CODE_BITS_MAX + 1];
    uint8_t symbols[256];
};

/* Bits that were read and not yet taken: the next one is the highest. Below `count` of them there are zeros, or what is read
 * next. More may be taken than there are; then the count is negative. */
struct bits {
    uint64_t window;
    int count;
};

/* Reads up to the next marker, a byte at a time. */
struct bits photo_jpeg_filled_slowly(j_decompress_ptr codec, struct bits bits);

/* The length of a code that is longer than LOOK bits, or none, and its symbol, as in `look`. */
int photo_jpeg_long_code(j_decompress_ptr codec, uint32_t ahead, const struct table *table);

/* The file's table of that number, if it has one; else the file is refused. */
const JHUFF_TBL *photo_jpeg_written(j_decompress_ptr codec, JHUFF_TBL *const *tables, int number);

/* The table as it is used, of one that the file has; symbols above `symbol_max` are refused. */
void photo_jpeg_make_table(j_decompress_ptr codec, struct table *table, const JHUFF_TBL *written, int symbol_max);

/* What was read is given up, and the restart marker read that is due. */
boolean photo_jpeg_read_restart(j_decompress_ptr codec, struct bits *bits);

/* More was taken than there is, which is said once in a segment. */
struct bits photo_jpeg_ran_out(j_decompress_ptr codec);

/* Whether one of eight bytes is 0xFF. */
static inline bool has_ff(uint64_t bytes)
{
    uint64_t inverted = ~bytes;
    return ((inverted - 0x0101010101010101u) & bytes & 0x8080808080808080u) != 0;
}

/* With `least` bits and more ready, 57 at most, as far as there are any. */
static inline struct bits filled_to(j_decompress_ptr codec, struct bits bits, int least)
{
    if (bits.count >= least)
        return bits;
    struct jpeg_source_mgr *source = codec->src;
    if (bits.count >= 0 && codec->unread_marker == 0 && source->bytes_in_buffer >= 8) {
        uint64_t bytes = 0;
        for (int place = 0; place < 8; place++)
            bytes = bytes << 8 | source->next_input_byte[place];
        if (!has_ff(bytes)) {
            /* Bits of a byte that is not counted yet come again with it. */
            bits.window |= bytes >> bits.count;
            int taken = (64 - bits.count) / 8;
            source->next_input_byte += taken;
            source->bytes_in_buffer -= (size_t)taken;
            bits.count += 8 * taken;
            return bits;
        }
    }
    return photo_jpeg_filled_slowly(codec, bits);
}

/* With all that a code and the number behind it can take. */
static inline struct bits filled(j_decompress_ptr codec, struct bits bits)
{
    return filled_to(codec, bits, 32);
}

/* The next bits, 1 to 32 of them. */
static inline uint32_t take(struct bits *bits, int number)
{
    uint32_t taken = (uint32_t)(bits->window >> (64 - number));
    bits->window <<= number;
    bits->count -= number;
    return taken;
}

/* The next code's symbol. */
static inline int symbol(j_decompress_ptr codec, struct bits *bits, const struct table *table)
{
    int found = table->look[bits->window >> (64 - LOOK)];
    if (found == 0)
        found = photo_jpeg_long_code(codec, (uint32_t)(bits->window >> (64 - CODE_BITS_MAX)), table);
    bits->window <<= found >> 8;
    bits->count -= found >> 8;
    return found & 0xFF;
}

/* A number of that many bits, 1 to 15, as T.81 writes it (figure F.12): where its first bit is 0 it is negative. */
static inline int number(struct bits *bits, int size)
{
    int value = (int)take(bits, size);
    return value + (((value >> (size - 1)) - 1) & (1 - (1 << size)));
}

/* After a scan: a few bytes before the next marker, which some writers leave there, are passed over, as the library does it. */
static inline struct bits ended(j_decompress_ptr codec, struct bits bits)
{
    return filled_to(codec, bits, READY);
}

/* What is left after a block. */
static inline struct bits settled(j_decompress_ptr codec, struct bits bits)
{
    return bits.count >= 0 ? bits : photo_jpeg_ran_out(codec);
}

#endif
