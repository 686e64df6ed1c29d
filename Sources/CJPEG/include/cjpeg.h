#pragma once

#include <stddef.h>
#include <stdint.h>

// A JPEG decoder over bytes in memory: libjpeg's, with its error exits turned into return values.
// A handle belongs to one thread at a time. The bytes must outlive the handle.
// After a status other than CJPEG_OK, only cjpeg_message and cjpeg_close may be called.

typedef struct cjpeg_decoder cjpeg_decoder;

typedef enum {
    CJPEG_OK = 0,
    // The bytes break the format, or use a part of it that libjpeg does not decode.
    CJPEG_CORRUPT,
    // The bytes end before the picture does.
    CJPEG_TRUNCATED,
    // The picture has a side of zero.
    CJPEG_EMPTY,
    // A side is longer than libjpeg's limit; the header's width and height are filled in.
    CJPEG_TOO_BIG,
    // More scans than allowed.
    CJPEG_TOO_MANY_SCANS,
    CJPEG_OUT_OF_MEMORY,
} cjpeg_status;

typedef struct {
    uint32_t width;
    uint32_t height;
    // 1 (grey), 3 (colour) or 4 (inks); other counts of channels are CJPEG_CORRUPT.
    uint32_t components;
    // The width and height in pixels of the smallest unit of the compressed picture.
    uint32_t unit_width;
    uint32_t unit_height;
    // Bytes that decoding holds for coefficients of the whole picture; 0 if it is decoded as it is read.
    uint64_t coefficient_bytes;
    // The TIFF structure of the first Exif marker, inside the bytes given to cjpeg_open; NULL if there is none.
    const uint8_t *exif;
    size_t exif_length;
} cjpeg_header;

// NULL if there is no memory.
cjpeg_decoder *cjpeg_open(const uint8_t *bytes, size_t count);
void cjpeg_close(cjpeg_decoder *decoder);

// What went wrong in the last call, in libjpeg's words; valid until cjpeg_close.
const char *cjpeg_message(const cjpeg_decoder *decoder);

cjpeg_status cjpeg_read_header(cjpeg_decoder *decoder, cjpeg_header *header);

// Starts decoding at eighths/8 of the size (1…8), and tells the size of what comes. Rows are of four bytes a pixel:
// red, green, blue and one to ignore; or, with four components, the inks as they are stored.
// A picture of many scans is read here, `max_scans` of them at most.
cjpeg_status cjpeg_start(
    cjpeg_decoder *decoder, uint32_t eighths, uint32_t max_scans, uint32_t *width, uint32_t *height);

// Narrows the rows that follow to the columns from *left, *width of them, both widened to whole units.
cjpeg_status cjpeg_crop(cjpeg_decoder *decoder, uint32_t *left, uint32_t *width);
cjpeg_status cjpeg_skip_rows(cjpeg_decoder *decoder, uint32_t count);
// Rows of the width that was told, `stride` bytes from one to the next.
cjpeg_status cjpeg_read_rows(cjpeg_decoder *decoder, uint8_t *rows, size_t stride, uint32_t count);

// Checks that what follows the rows read so far is there, down to the end of the picture, without decoding it.
cjpeg_status cjpeg_finish(cjpeg_decoder *decoder);
