/* The file that tells which message was being handled when the process died: 32 bytes, mapped, so that what
 * was written survives the process without any write call. */
#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store_internal.h"

struct page {
    volatile unsigned char under_way;
    unsigned char hash[KEY_HASH];
};

struct marker {
    struct page *page;
    bool found;
    unsigned char hash[KEY_HASH];
};

struct marker *marker_open(const char *database, struct err *err)
{
    char path[4096];
    struct marker *marker = mem_new(1, sizeof *marker);
    snprintf(path, sizeof path, "%s.turn", database);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    void *page = MAP_FAILED;
    if (fd >= 0 && ftruncate(fd, sizeof(struct page)) == 0)
        page = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        err_at(err, path, 0, "cannot be used: %s", strerror(errno));
        free(marker);
        marker = NULL;
    } else {
        marker->page = page;
        marker->found = marker->page->under_way == 1;
        memcpy(marker->hash, marker->page->hash, KEY_HASH);
        marker->page->under_way = 0;
    }
    if (fd >= 0)
        close(fd);
    return marker;
}

void marker_close(struct marker *marker)
{
    if (!marker)
        return;
    munmap(marker->page, sizeof *marker->page);
    free(marker);
}

void marker_set(struct marker *marker, const unsigned char hash[KEY_HASH])
{
    memcpy(marker->page->hash, hash, KEY_HASH);
    marker->page->under_way = 1;
}

void marker_clear(struct marker *marker)
{
    marker->page->under_way = 0;
}

bool marker_found(const struct marker *marker, unsigned char hash[KEY_HASH])
{
    memcpy(hash, marker->hash, KEY_HASH);
    return marker->found;
}
