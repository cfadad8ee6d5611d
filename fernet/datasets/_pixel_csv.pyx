# cython: language_level=3
# cython: boundscheck=False
# cython: wraparound=False
# cython: initializedcheck=False
# cython: cdivision=True
# cython: freethreading_compatible=True
"""Reads rows of a FER2013 CSV: a label, pixels in one column or one each, and a split's name.

The text arrives in blocks. Two newlines are written behind each block, so that the inner loops
stop at the first without comparing pointers; a row that touches it is left for the next block,
unless the block is the last.
"""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport strlen

cdef enum:
    LABELS = 7
    WORDS = 8
    SPLITS = 4
    SPLIT_WORDS = 9

# In the order of the labels, of which the last is that of CK+ alone.
cdef const char *words[WORDS]
words[:] = [b"angry", b"disgust", b"fear", b"happy", b"sad", b"surprise", b"neutral", b"contempt"]

cpdef enum Split:
    """What a row is for. What is called a test is the last of the splits that a file has."""
    TRAINING = 0
    PUBLIC_TEST = 1
    PRIVATE_TEST = 2
    TEST = 3

# Their names, in lower case: the competition's, and those that others' copies have.
cdef const char *split_words[SPLIT_WORDS]
split_words[:] = [b"training", b"train", b"publictest", b"validation", b"valid", b"val",
                  b"privatetest", b"test", b"testing"]
cdef uint8_t split_of_word[SPLIT_WORDS]
split_of_word[:] = [TRAINING, TRAINING, PUBLIC_TEST, PUBLIC_TEST, PUBLIC_TEST, PUBLIC_TEST,
                    PRIVATE_TEST, TEST, TEST]

cpdef enum Role:
    """What a column of the file holds."""
    IGNORED = 0
    LABEL = 1
    PIXELS = 2
    USAGE = 3
    PIXEL = 4

cpdef enum Status:
    """Why parsing stopped: the first two are no errors."""
    NEED_INPUT = 0
    OUTPUT_FULL = 1
    BAD_LABEL = 2
    BAD_PIXEL = 3
    BAD_PIXEL_COUNT = 4
    BAD_USAGE = 5
    BAD_FIELD_COUNT = 6
    BAD_QUOTES = 7
    ROW_DONE = 8

cdef struct Text:
    const uint8_t *at       # next byte to read
    const uint8_t *end      # the first newline written behind the block
    const uint8_t *token    # start of the value being read, for the message
    Py_ssize_t detail       # a count or a position, for the message
    int64_t lines           # newlines passed
    bint final              # no block follows
    uint8_t separator       # what stands between values
    int64_t n_labels        # labels are below this

cdef struct Row:
    int64_t label
    uint8_t usage
    uint8_t *pixels
    Py_ssize_t n_pixels     # read so far, where each has a column


cdef inline bint ends_field(Text *text, uint8_t byte) noexcept nogil:
    return byte == text.separator or byte == b"\n" or byte == b"\r"


cdef inline void skip_spaces(Text *text) noexcept nogil:
    while text.at[0] == b" ":
        text.at += 1


cdef Status close_field(Text *text, bint quoted, Status otherwise) noexcept nogil:
    """Move to the comma or newline behind a value; anything else there is an error."""
    skip_spaces(text)
    if quoted:
        if text.at[0] != b'"':
            if text.at == text.end:
                return BAD_QUOTES if text.final else NEED_INPUT
            return otherwise
        text.at += 1
        skip_spaces(text)
    if text.at[0] == b"\r":
        if text.at[1] != b"\n":
            return otherwise
        text.at += 1
    elif text.at[0] != text.separator and text.at[0] != b"\n":
        return otherwise
    if text.at == text.end and not text.final:
        return NEED_INPUT
    return ROW_DONE


cdef Status read_pixels(Text *text, bint quoted, uint8_t *pixels,
                        Py_ssize_t n_pixels) noexcept nogil:
    """Read whole numbers from 0 to 255 with spaces between them."""
    cdef const uint8_t *at = text.at
    cdef const uint8_t *token = at
    cdef Py_ssize_t count = 0
    cdef unsigned int value, tens, ones, two, three
    cdef Status status = ROW_DONE

    while True:
        while at[0] == b" ":
            at += 1
        token = at
        value = <unsigned int> at[0] - 48
        if value > 9:
            break
        # Without branches: whether one, two or three digits follow is not to be predicted.
        tens = <unsigned int> at[1] - 48
        ones = <unsigned int> at[2] - 48
        two = tens <= 9
        three = two & (ones <= 9)
        value += (0 - two) & (9 * value + tens)
        value += (0 - three) & (9 * value + ones)
        at += 1 + two + three
        if value > 255 or not (at[0] == b" " or ends_field(text, at[0]) or at[0] == b'"'):
            status = BAD_PIXEL
            break
        if count < n_pixels:
            pixels[count] = value
        count += 1

    text.at = at
    text.token = token
    text.detail = count + 1
    if status == ROW_DONE:
        status = close_field(text, quoted, BAD_PIXEL)
    if status == ROW_DONE and count != n_pixels:
        text.detail = count
        status = BAD_PIXEL_COUNT
    return status


cdef Py_ssize_t read_word(Text *text, bint quoted) noexcept nogil:
    """Pass over a short value and return its length without the spaces behind it."""
    cdef Py_ssize_t length
    while text.at[0] != b'"' and text.at[0] != b"\n":
        if not quoted and ends_field(text, text.at[0]):
            break
        text.at += 1
    length = text.at - text.token
    while length > 0 and text.token[length - 1] == b" ":
        length -= 1
    return length


cdef inline bint are_zeros(const uint8_t *at, Py_ssize_t length) noexcept nogil:
    """Whether text is empty, or a point and zeros: what follows a whole number in a float."""
    cdef Py_ssize_t place
    if length > 0 and at[0] != b".":
        return False
    for place in range(1, length):
        if at[place] != b"0":
            return False
    return True


cdef inline bint is_word(const uint8_t *at, const char *word, Py_ssize_t length) noexcept nogil:
    """Compare text with a word in lower case."""
    cdef Py_ssize_t place
    for place in range(length):
        if (at[place] | 0x20) != <uint8_t> word[place]:
            return False
    return True


cdef int place_in(const char **words, int n_words, const uint8_t *at,
                  Py_ssize_t length) noexcept nogil:
    """Return which of some words in lower case a text is; -1 if none."""
    cdef int place
    for place in range(n_words):
        if length == <Py_ssize_t> strlen(words[place]) and is_word(at, words[place], length):
            return place
    return -1


cdef int64_t label_of(const uint8_t *at, Py_ssize_t length) noexcept nogil:
    """Return what one digit says, perhaps as a float, or an emotion's name; else -1."""
    if length < 1:
        return -1
    if at[0] - 48 <= <unsigned int> 9:
        return at[0] - 48 if are_zeros(at + 1, length - 1) else -1
    return place_in(words, WORDS, at, length)


cdef Status read_label(Text *text, bint quoted, Row *row) noexcept nogil:
    cdef Py_ssize_t length = read_word(text, quoted)
    cdef Status status = close_field(text, quoted, BAD_LABEL)
    if status == ROW_DONE:
        row.label = label_of(text.token, length)
        if row.label < 0 or row.label >= text.n_labels:
            status = BAD_LABEL
    return status


cdef Status read_pixel(Text *text, bint quoted, Row *row) noexcept nogil:
    """Read the one pixel of a column, perhaps as a float."""
    cdef Py_ssize_t length = read_word(text, quoted), n_digits = 0
    cdef unsigned int value = 0
    cdef Status status = close_field(text, quoted, BAD_PIXEL)
    text.detail = row.n_pixels + 1
    if status != ROW_DONE:
        return status
    while n_digits < length and n_digits < 4 and text.token[n_digits] - 48 <= <unsigned int> 9:
        value = 10 * value + text.token[n_digits] - 48
        n_digits += 1
    if n_digits == 0 or value > 255 or not are_zeros(text.token + n_digits, length - n_digits):
        return BAD_PIXEL
    row.pixels[row.n_pixels] = <uint8_t> value
    row.n_pixels += 1
    return ROW_DONE


cdef Status read_usage(Text *text, bint quoted, Row *row) noexcept nogil:
    cdef Py_ssize_t length = read_word(text, quoted)
    cdef Status status = close_field(text, quoted, BAD_USAGE)
    cdef int place
    if status == ROW_DONE:
        place = place_in(split_words, SPLIT_WORDS, text.token, length)
        if place < 0:
            return BAD_USAGE
        row.usage = split_of_word[place]
    return status


cdef Status skip_field(Text *text, bint quoted) noexcept nogil:
    """Pass over a value that is not wanted, with doubled quotes and newlines if quoted."""
    if not quoted:
        while not ends_field(text, text.at[0]):
            text.at += 1
        return close_field(text, False, BAD_QUOTES)
    while True:
        if text.at == text.end:
            return BAD_QUOTES if text.final else NEED_INPUT
        if text.at[0] == b'"':
            if text.at[1] != b'"':
                return close_field(text, True, BAD_QUOTES)
            text.at += 1
        elif text.at[0] == b"\n":
            text.lines += 1
        text.at += 1


cdef Status read_field(Text *text, uint8_t role, Row *row, Py_ssize_t n_pixels) noexcept nogil:
    cdef bint quoted = False
    skip_spaces(text)
    if text.at[0] == b'"':
        quoted = True
        text.at += 1
        skip_spaces(text)
    text.token = text.at
    if role == PIXELS:
        return read_pixels(text, quoted, row.pixels, n_pixels)
    if role == PIXEL:
        return read_pixel(text, quoted, row)
    if role == LABEL:
        return read_label(text, quoted, row)
    if role == USAGE:
        return read_usage(text, quoted, row)
    return skip_field(text, quoted)


cdef Status read_row(Text *text, const uint8_t[::1] roles, Row *row,
                     Py_ssize_t n_pixels) noexcept nogil:
    """Read one row with its newline."""
    cdef Py_ssize_t column, last = roles.shape[0] - 1
    cdef Status status
    for column in range(last + 1):
        status = read_field(text, roles[column], row, n_pixels)
        if status != ROW_DONE:
            return status
        if (text.at[0] == text.separator) == (column == last):
            text.detail = column + 1 + (text.at[0] == text.separator)
            return BAD_FIELD_COUNT
        if column < last:
            text.at += 1
    if text.at != text.end:
        text.at += 1
    text.lines += 1
    return ROW_DONE


cdef bint skip_blank_line(Text *text) noexcept nogil:
    cdef Py_ssize_t length = 0
    if text.at[0] == b"\r":
        length = 1
    if text.at[length] != b"\n" or text.at + length == text.end:
        return False
    text.at += length + 1
    text.lines += 1
    return True


def parse_rows(uint8_t[::1] block, Py_ssize_t start, Py_ssize_t stop, bint final,
               const uint8_t[::1] roles, const uint8_t[::1] wanted,
               uint8_t[:, ::1] pixels, int64_t[::1] labels, uint8_t[::1] usages,
               Py_ssize_t n_rows, int64_t[::1] seen, int64_t[::1] label_counts=None,
               uint8_t separator=b","):
    """Parse the rows in ``block[start:stop]`` and store those of the wanted splits.

    Every row is checked in full, stored or not.

    Parameters
    ----------
    block : uint8 array of shape (>= stop + 2,)
        The text. The two bytes from ``stop`` on are overwritten.
    start, stop : int
        Where the unparsed text begins and ends; ``start`` is the beginning of a line.
    final : bool
        Whether the file ends at ``stop``.
    roles : uint8 array of shape (n_columns,)
        The `Role` of each column. Rows without a label get -1, rows without a split are Training.
    wanted : uint8 array of shape (4,)
        1 for each `Split` to store.
    pixels, labels, usages : uint8 (capacity, n_pixels), int64 (capacity,), uint8 (capacity,)
        Where rows are stored, from ``n_rows`` on. Rows behind those counted hold leftovers.
    n_rows : int
        Number of rows stored already.
    seen : int64 array of shape (4,)
        Increased by the number of rows of each split, stored or not.
    label_counts : int64 array of shape (n_labels,), default=None
        Increased by the number of rows of each label, stored or not. By default there are seven.
    separator : int, default=44
        The byte between two values, a comma by default.

    Returns
    -------
    status : int
        The `Status` that ended the work.
    position : int
        Where the first row that was not parsed begins, or the row at fault.
    n_rows : int
        Number of rows stored now.
    n_lines : int
        Lines passed before ``position``, or before the value at fault.
    token : int
        Where the value at fault begins.
    detail : int
        The number of the pixel at fault, or how many pixels or fields the row has.
    """
    cdef Py_ssize_t capacity = pixels.shape[0], n_pixels = pixels.shape[1]
    if not 0 <= start <= stop <= block.shape[0] - 2:
        raise ValueError(f"start and stop must lie in the block, with two bytes to spare: got "
                         f"{start} and {stop} in {block.shape[0]} bytes")
    if labels.shape[0] != capacity or usages.shape[0] != capacity or wanted.shape[0] != SPLITS \
            or seen.shape[0] != SPLITS:
        raise ValueError("labels and usages must have a place for each row of pixels, "
                         "wanted and seen a value for each split")
    cdef list given = [role for role in roles]
    if given.count(LABEL) > 1 or given.count(USAGE) > 1 \
            or (given.count(PIXELS), given.count(PIXEL)) not in ((1, 0), (0, n_pixels)):
        raise ValueError("roles must name a column for the pixels, or one for each, and at most "
                         "one each for the label and usage")
    if n_pixels == 0 or n_rows < 0:
        raise ValueError("rows must have pixels and their number must not be negative")

    block[stop] = block[stop + 1] = b"\n"
    cdef const uint8_t *base = &block[0]
    cdef const uint8_t *row_start = base + start
    cdef Text text = Text(base + start, base + stop, base + start, 0, 0, final, separator, LABELS)
    cdef Row row = Row(-1, 0, NULL, 0)
    cdef bint counts_labels = label_counts is not None and LABEL in given
    if label_counts is not None:
        text.n_labels = label_counts.shape[0]
    cdef Status status = NEED_INPUT
    cdef int64_t lines = 0

    with nogil:
        while text.at != text.end:
            row_start = text.at
            lines = text.lines
            if skip_blank_line(&text):
                row_start = text.at
                lines = text.lines
                continue
            if n_rows >= capacity:
                status = OUTPUT_FULL
                break
            row.pixels = &pixels[n_rows, 0]
            row.n_pixels = 0
            status = read_row(&text, roles, &row, n_pixels)
            if status != ROW_DONE:
                break
            status = NEED_INPUT
            row_start = text.at
            lines = text.lines
            seen[row.usage] += 1
            if counts_labels:
                label_counts[row.label] += 1
            if wanted[row.usage]:
                labels[n_rows] = row.label
                usages[n_rows] = row.usage
                n_rows += 1
    if status > OUTPUT_FULL:
        lines = text.lines
    return (status, row_start - base, n_rows, lines, text.token - base, text.detail)
