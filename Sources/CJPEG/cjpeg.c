#include "cjpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

struct cjpeg_decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    cjpeg_status status;
    uint32_t max_scans;
    const uint8_t *exif;
    size_t exif_length;
    char message[JMSG_LENGTH_MAX];
};

static _Noreturn void fail(cjpeg_decoder *decoder, cjpeg_status status) {
    decoder->status = status;
    longjmp(decoder->escape, 1);
}

static _Noreturn void on_error(j_common_ptr common) {
    cjpeg_decoder *decoder = common->client_data;
    common->err->format_message(common, decoder->message);
    switch (common->err->msg_code) {
    case JERR_EMPTY_IMAGE: fail(decoder, CJPEG_EMPTY);
    case JERR_IMAGE_TOO_BIG: fail(decoder, CJPEG_TOO_BIG);
    case JERR_OUT_OF_MEMORY: case JERR_NO_BACKING_STORE: fail(decoder, CJPEG_OUT_OF_MEMORY);
    case JERR_INPUT_EMPTY: case JERR_INPUT_EOF: fail(decoder, CJPEG_TRUNCATED);
    default: fail(decoder, CJPEG_CORRUPT);
    }
}

// libjpeg goes on after every warning, with grey where data is missing. Bytes that end too soon are an error here.
static void on_message(j_common_ptr common, int level) {
    if (level < 0 && common->err->msg_code == JWRN_JPEG_EOF) {
        cjpeg_decoder *decoder = common->client_data;
        common->err->format_message(common, decoder->message);
        fail(decoder, CJPEG_TRUNCATED);
    }
}

static void ignore_message(j_common_ptr common) { (void)common; }

static void on_progress(j_common_ptr common) {
    cjpeg_decoder *decoder = common->client_data;
    if (decoder->jpeg.input_scan_number > (int)decoder->max_scans) {
        snprintf(decoder->message, sizeof decoder->message, "More than %u scans", decoder->max_scans);
        fail(decoder, CJPEG_TOO_MANY_SCANS);
    }
}

// Notes where the first Exif segment lies and passes over every APP1 segment. The source holds the whole file, so the
// segment can be seen in place.
static boolean on_app1(j_decompress_ptr jpeg) {
    static const uint8_t signature[6] = {'E', 'x', 'i', 'f', 0, 0};
    cjpeg_decoder *decoder = jpeg->client_data;
    struct jpeg_source_mgr *source = jpeg->src;
    if (source->bytes_in_buffer < 2) ERREXIT(jpeg, JERR_INPUT_EOF);
    size_t length = (size_t)source->next_input_byte[0] << 8 | source->next_input_byte[1];
    if (length < 2) ERREXIT(jpeg, JERR_BAD_LENGTH);
    if (length > source->bytes_in_buffer) ERREXIT(jpeg, JERR_INPUT_EOF);
    const uint8_t *body = source->next_input_byte + 2;
    if (!decoder->exif && length >= 2 + sizeof signature && !memcmp(body, signature, sizeof signature)) {
        decoder->exif = body + sizeof signature;
        decoder->exif_length = length - 2 - sizeof signature;
    }
    source->next_input_byte += length;
    source->bytes_in_buffer -= length;
    return TRUE;
}

cjpeg_decoder *cjpeg_open(const uint8_t *bytes, size_t count) {
    cjpeg_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    j_decompress_ptr jpeg = &decoder->jpeg;
    jpeg->err = jpeg_std_error(&decoder->errors);
    jpeg->client_data = decoder;
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->errors.output_message = ignore_message;
    decoder->progress.progress_monitor = on_progress;
    if (setjmp(decoder->escape)) {
        cjpeg_close(decoder);
        return NULL;
    }
    jpeg_create_decompress(jpeg);
    jpeg->progress = &decoder->progress;
    jpeg_mem_src(jpeg, bytes, count);
    jpeg_set_marker_processor(jpeg, JPEG_APP0 + 1, on_app1);
    return decoder;
}

void cjpeg_close(cjpeg_decoder *decoder) {
    jpeg_destroy_decompress(&decoder->jpeg);
    free(decoder);
}

const char *cjpeg_message(const cjpeg_decoder *decoder) { return decoder->message; }

static uint64_t rounded_up(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

cjpeg_status cjpeg_read_header(cjpeg_decoder *decoder, cjpeg_header *header) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    memset(header, 0, sizeof *header);
    if (setjmp(decoder->escape)) {
        header->width = jpeg->image_width;
        header->height = jpeg->image_height;
        return decoder->status;
    }
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4) {
        snprintf(decoder->message, sizeof decoder->message, "%d colour channels", jpeg->num_components);
        return CJPEG_CORRUPT;
    }
    header->width = jpeg->image_width;
    header->height = jpeg->image_height;
    header->components = (uint32_t)jpeg->num_components;
    header->unit_width = (uint32_t)jpeg->max_h_samp_factor * DCTSIZE;
    header->unit_height = (uint32_t)jpeg->max_v_samp_factor * DCTSIZE;
    header->exif = decoder->exif;
    header->exif_length = decoder->exif_length;
    if (jpeg_has_multiple_scans(jpeg)) {
        for (int index = 0; index < jpeg->num_components; index++) {
            const jpeg_component_info *component = &jpeg->comp_info[index];
            header->coefficient_bytes += sizeof(JBLOCK)
                * rounded_up(component->width_in_blocks, (uint64_t)component->h_samp_factor)
                * rounded_up(component->height_in_blocks, (uint64_t)component->v_samp_factor);
        }
    }
    return CJPEG_OK;
}

cjpeg_status cjpeg_start(
    cjpeg_decoder *decoder, uint32_t eighths, uint32_t max_scans, uint32_t *width, uint32_t *height) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    if (setjmp(decoder->escape)) return decoder->status;
    decoder->max_scans = max_scans;
    jpeg->scale_num = eighths;
    jpeg->scale_denom = 8;
    jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : JCS_EXT_RGBX;
    jpeg_start_decompress(jpeg);
    *width = jpeg->output_width;
    *height = jpeg->output_height;
    return CJPEG_OK;
}

cjpeg_status cjpeg_crop(cjpeg_decoder *decoder, uint32_t *left, uint32_t *width) {
    if (setjmp(decoder->escape)) return decoder->status;
    JDIMENSION offset = *left, count = *width;
    jpeg_crop_scanline(&decoder->jpeg, &offset, &count);
    *left = offset;
    *width = count;
    return CJPEG_OK;
}

cjpeg_status cjpeg_skip_rows(cjpeg_decoder *decoder, uint32_t count) {
    if (setjmp(decoder->escape)) return decoder->status;
    jpeg_skip_scanlines(&decoder->jpeg, count);
    return CJPEG_OK;
}

cjpeg_status cjpeg_read_rows(cjpeg_decoder *decoder, uint8_t *rows, size_t stride, uint32_t count) {
    if (setjmp(decoder->escape)) return decoder->status;
    JDIMENSION end = decoder->jpeg.output_scanline + count;
    while (decoder->jpeg.output_scanline < end) {
        JSAMPROW next[2] = {rows, rows + stride};
        JDIMENSION left = end - decoder->jpeg.output_scanline;
        rows += stride * jpeg_read_scanlines(&decoder->jpeg, next, left < 2 ? left : 2);
    }
    return CJPEG_OK;
}

// A picture of one scan: the next marker but a restart must come. libjpeg may already have met it.
static boolean marker_follows(j_decompress_ptr jpeg) {
    if (jpeg->unread_marker) return TRUE;
    const uint8_t *byte = jpeg->src->next_input_byte;
    const uint8_t *end = byte + jpeg->src->bytes_in_buffer;
    while ((byte = memchr(byte, 0xFF, (size_t)(end - byte))) != NULL && ++byte < end) {
        if (*byte != 0 && *byte != 0xFF && (*byte < JPEG_RST0 || *byte > 0xD7)) return TRUE;
    }
    return FALSE;
}

cjpeg_status cjpeg_finish(cjpeg_decoder *decoder) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    // A picture of many scans was read to its end at the start.
    if (jpeg_has_multiple_scans(jpeg) || marker_follows(jpeg)) return CJPEG_OK;
    snprintf(decoder->message, sizeof decoder->message, "Premature end of JPEG file");
    return CJPEG_TRUNCATED;
}
