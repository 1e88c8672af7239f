/* Runs the seeds of a fuzz target once each, in the ordinary tests: replay FILE… */
#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"
#include "fuzz.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct err err = {.count = 0};
        struct buf bytes = BUF_INIT(4 * 1024 * 1024);
        if (file_read(argv[i], &bytes, &err)) {
            fprintf(stderr, "%s", err.text);
            return 1;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&bytes), bytes.len);
        buf_free(&bytes);
    }
    printf("%d passed, 0 failed\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
