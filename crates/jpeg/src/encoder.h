/* What encoder.rs calls. libjpeg leaves by longjmp where it fails, and that must not cross a frame of Rust: every
 * function here catches it and returns false. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Luma DC, luma AC, chroma DC, chroma AC, as in a DHT segment: how many codes there are of each length (from 1 on; the
 * first number is not used), and their symbols. */
struct photo_jpeg_tables {
    uint8_t counts[4][17];
    uint8_t symbols[4][256];
};

struct photo_jpeg_picture {
    uint32_t width;
    uint32_t height;
    /* 1 gray, 3 luma and chroma of half the width and height. */
    uint32_t components;
    uint32_t quality;
    /* Tables that fit this picture, by a second pass. */
    bool optimal;
    bool progressive;
    /* Bytes that the file will hardly exceed. */
    size_t expected;
};

struct photo_jpeg_encoder;

/* Null where there is no memory. */
struct photo_jpeg_encoder *photo_jpeg_new(void);
void photo_jpeg_free(struct photo_jpeg_encoder *encoder);

/* Begins a file; tables may be null, for those of the standard. */
bool photo_jpeg_start(struct photo_jpeg_encoder *encoder, const struct photo_jpeg_picture *picture,
                      const struct photo_jpeg_tables *tables);

/* One row of MCUs: 16 rows of luma and 8 of each chroma, or 8 rows of gray. Each is whole: its samples fill the last
 * block. */
bool photo_jpeg_write(struct photo_jpeg_encoder *encoder, const uint8_t *const *luma, const uint8_t *const *blue,
                      const uint8_t *const *red);

/* Ends the file, which stays the encoder's until the next call. */
bool photo_jpeg_finish(struct photo_jpeg_encoder *encoder, const uint8_t **file, size_t *length);

/* The tables of the file that was ended last. */
void photo_jpeg_tables_of(const struct photo_jpeg_encoder *encoder, struct photo_jpeg_tables *tables);

/* Why the last call failed: a text of libjpeg. */
const char *photo_jpeg_error(const struct photo_jpeg_encoder *encoder);
