#include "encoder.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h> /* jpeglib.h needs it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct photo_jpeg_encoder {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
    uint8_t *file;
    size_t room;
    size_t length;
};

static void leave(j_common_ptr codec)
{
    struct photo_jpeg_encoder *encoder = codec->client_data;
    codec->err->format_message(codec, encoder->text);
    longjmp(encoder->back, 1);
}

static void say_nothing(j_common_ptr codec, int level)
{
    (void)codec;
    (void)level;
}

static void begin_file(j_compress_ptr codec)
{
    struct photo_jpeg_encoder *encoder = codec->client_data;
    codec->dest->next_output_byte = encoder->file;
    codec->dest->free_in_buffer = encoder->room;
}

/* Called where there is no room left. */
static boolean grow_file(j_compress_ptr codec)
{
    struct photo_jpeg_encoder *encoder = codec->client_data;
    size_t full = encoder->room;
    uint8_t *larger = full > SIZE_MAX / 2 ? NULL : realloc(encoder->file, 2 * full);
    if (larger == NULL) {
        strcpy(encoder->text, "Insufficient memory for the file");
        longjmp(encoder->back, 1);
    }
    encoder->file = larger;
    encoder->room = 2 * full;
    codec->dest->next_output_byte = larger + full;
    codec->dest->free_in_buffer = full;
    return TRUE;
}

static void end_file(j_compress_ptr codec)
{
    struct photo_jpeg_encoder *encoder = codec->client_data;
    encoder->length = encoder->room - codec->dest->free_in_buffer;
}

static bool create(struct photo_jpeg_encoder *encoder)
{
    if (setjmp(encoder->back))
        return false;
    jpeg_create_compress(&encoder->codec);
    return true;
}

struct photo_jpeg_encoder *photo_jpeg_new(void)
{
    struct photo_jpeg_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL)
        return NULL;
    encoder->codec.err = jpeg_std_error(&encoder->errors);
    encoder->errors.error_exit = leave;
    encoder->errors.emit_message = say_nothing;
    encoder->codec.client_data = encoder;
    if (!create(encoder)) {
        photo_jpeg_free(encoder);
        return NULL;
    }
    encoder->destination.init_destination = begin_file;
    encoder->destination.empty_output_buffer = grow_file;
    encoder->destination.term_destination = end_file;
    encoder->codec.dest = &encoder->destination;
    return encoder;
}

void photo_jpeg_free(struct photo_jpeg_encoder *encoder)
{
    jpeg_destroy_compress(&encoder->codec);
    free(encoder->file);
    free(encoder);
}

static void set_table(j_compress_ptr codec, JHUFF_TBL **table, const uint8_t *counts, const uint8_t *symbols)
{
    if (*table == NULL)
        *table = jpeg_alloc_huff_table((j_common_ptr)codec);
    memcpy((*table)->bits, counts, sizeof (*table)->bits);
    memcpy((*table)->huffval, symbols, sizeof (*table)->huffval);
    (*table)->sent_table = FALSE;
}

bool photo_jpeg_start(struct photo_jpeg_encoder *encoder, const struct photo_jpeg_picture *picture,
                      const struct photo_jpeg_tables *tables)
{
    j_compress_ptr codec = &encoder->codec;
    if (setjmp(encoder->back)) {
        jpeg_abort_compress(codec);
        return false;
    }
    jpeg_abort_compress(codec);
    free(encoder->file);
    encoder->room = picture->expected;
    encoder->file = malloc(encoder->room);
    if (encoder->file == NULL) {
        encoder->room = 0;
        strcpy(encoder->text, "Insufficient memory for the file");
        return false;
    }
    codec->image_width = picture->width;
    codec->image_height = picture->height;
    codec->input_components = (int)picture->components;
    codec->in_color_space = picture->components == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, (int)picture->quality, TRUE);
    if (tables != NULL) {
        for (int place = 0; place < 2; place++) {
            set_table(codec, &codec->dc_huff_tbl_ptrs[place], tables->counts[2 * place], tables->symbols[2 * place]);
            set_table(codec, &codec->ac_huff_tbl_ptrs[place], tables->counts[2 * place + 1],
                      tables->symbols[2 * place + 1]);
        }
    }
    codec->optimize_coding = picture->optimal;
    if (picture->progressive)
        jpeg_simple_progression(codec);
    codec->raw_data_in = TRUE;
    jpeg_start_compress(codec, TRUE);
    return true;
}

bool photo_jpeg_write(struct photo_jpeg_encoder *encoder, const uint8_t *const *luma, const uint8_t *const *blue,
                      const uint8_t *const *red)
{
    j_compress_ptr codec = &encoder->codec;
    if (setjmp(encoder->back)) {
        jpeg_abort_compress(codec);
        return false;
    }
    /* libjpeg reads them only; its type does not say so. */
    JSAMPARRAY planes[3] = { (JSAMPARRAY)luma, (JSAMPARRAY)blue, (JSAMPARRAY)red };
    JDIMENSION rows = (JDIMENSION)(codec->max_v_samp_factor * DCTSIZE);
    if (jpeg_write_raw_data(codec, planes, rows) != rows) {
        strcpy(encoder->text, "libjpeg has more rows than the picture");
        return false;
    }
    return true;
}

bool photo_jpeg_finish(struct photo_jpeg_encoder *encoder, const uint8_t **file, size_t *length)
{
    j_compress_ptr codec = &encoder->codec;
    if (setjmp(encoder->back)) {
        jpeg_abort_compress(codec);
        return false;
    }
    jpeg_finish_compress(codec);
    *file = encoder->file;
    *length = encoder->length;
    return true;
}

static void get_table(const JHUFF_TBL *table, uint8_t *counts, uint8_t *symbols)
{
    if (table == NULL)
        return;
    memcpy(counts, table->bits, sizeof table->bits);
    memcpy(symbols, table->huffval, sizeof table->huffval);
}

void photo_jpeg_tables_of(const struct photo_jpeg_encoder *encoder, struct photo_jpeg_tables *tables)
{
    memset(tables, 0, sizeof *tables);
    for (int place = 0; place < 2; place++) {
        get_table(encoder->codec.dc_huff_tbl_ptrs[place], tables->counts[2 * place], tables->symbols[2 * place]);
        get_table(encoder->codec.ac_huff_tbl_ptrs[place], tables->counts[2 * place + 1],
                  tables->symbols[2 * place + 1]);
    }
}

const char *photo_jpeg_error(const struct photo_jpeg_encoder *encoder)
{
    return encoder->text;
}
