#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, struct buf *out)
{
    char block[16384];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        buf_add(out, block, (size_t)n);
        if (buf_done(out)) {
            errno = EFBIG;
            return -1;
        }
    }
}

int file_read(const char *path, struct buf *out, struct err *err)
{
    struct stat st;
    int rc = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st))
        err_at(err, path, 0, "cannot be opened: %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        err_at(err, path, 0, "is not a regular file");
    else if (read_all(fd, out))
        err_at(err, path, 0, "cannot be read: %s (largest size is %zu bytes)", strerror(errno), out->limit);
    else
        rc = 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static void folder_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(out, size, ".");
    else
        snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static int sync_folder_of(const char *path)
{
    char folder[4096];
    folder_of(path, folder, sizeof folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    close(fd);
    return rc;
}

int file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *err)
{
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.new.%ld", path, (long)getpid()) >= (int)sizeof temporary)
        return err_at(err, path, 0, "the path is too long");
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_at(err, temporary, 0, "cannot be made: %s", strerror(errno));
    int failed = write_all(fd, bytes, len) || fsync(fd);
    failed = close(fd) || failed;
    if (failed || rename(temporary, path) || sync_folder_of(path)) {
        err_at(err, path, 0, "cannot be written: %s", strerror(errno));
        unlink(temporary);
        return -1;
    }
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *folder, const char *suffix, struct arena *arena, char ***names, struct err *err)
{
    enum { LARGEST_FOLDER = 4096 };
    DIR *dir = opendir(folder);
    if (!dir)
        return err_at(err, folder, 0, "the folder cannot be opened: %s", strerror(errno));
    int count = 0;
    *names = arena_alloc(arena, LARGEST_FOLDER * sizeof **names);
    struct dirent *entry;
    size_t suffix_len = strlen(suffix);
    while ((entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || len < suffix_len || strcmp(entry->d_name + len - suffix_len, suffix))
            continue;
        if (count == LARGEST_FOLDER) {
            closedir(dir);
            return err_at(err, folder, 0, "has more than %d files", LARGEST_FOLDER);
        }
        (*names)[count++] = arena_strdup(arena, entry->d_name);
    }
    closedir(dir);
    qsort(*names, (size_t)count, sizeof **names, compare_names);
    return count;
}

int file_check_private(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st))
        return err_at(err, path, 0, "cannot be opened: %s", strerror(errno));
    if (st.st_mode & S_IRWXO)
        return err_at(err, path, 0, "holds a secret that everybody on this machine can read: chmod o= %s",
                      path);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int file_make_parent(const char *path, struct err *err)
{
    char folder[4096];
    folder_of(path, folder, sizeof folder);
    if (mkdir(folder, 0700) && errno != EEXIST)
        return err_at(err, folder, 0, "the folder cannot be made: %s", strerror(errno));
    return 0;
}

bool file_next_line(const char **at, const char *end, const char **line, size_t *len)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    const char *next = stop ? stop + 1 : end;
    size_t n = (size_t)((stop ? stop : end) - *at);
    if (n && (*at)[n - 1] == '\r')
        n--;
    *line = *at;
    *len = n;
    *at = next;
    return true;
}
