/* A disk that fails, for one program: preloaded into it, between the program and the C library.
 *
 * DISK is the folder that lies on it. While the file DISK_FAULT exists, it says what fails: the kind of call ("sync" or
 * "write"), the number of the error, and how many calls of that kind still work, such as "sync 5 3". */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls_since;

static int is_on_disk(int file) {
    const char *disk = getenv("DISK");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = disk ? readlink(link, path, sizeof path - 1) : -1;
    if (length < 0)
        return 0;
    path[length] = 0;
    return strncmp(path, disk, strlen(disk)) == 0;
}

/* The error that this call has to fail with; 0: it works. */
static int fault(const char *kind, int file) {
    int before = errno, error = 0;
    char failing[16];
    long working;
    const char *order = getenv("DISK_FAULT");
    FILE *said = order && is_on_disk(file) ? fopen(order, "re") : NULL;
    if (said) {
        int is_order = fscanf(said, "%15s %d %ld", failing, &error, &working) == 3;
        fclose(said);
        if (!is_order || strcmp(failing, kind) != 0 || atomic_fetch_add(&calls_since, 1) < working)
            error = 0;
    }
    errno = before;
    return error;
}

#define DISK_CALL(kind, result, name, parameters, ...)                      \
    result name parameters {                                                \
        static result(*real) parameters;                                    \
        if (!real)                                                          \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                      \
        int error = fault(kind, file);                                      \
        if (error) {                                                        \
            errno = error;                                                  \
            return -1;                                                      \
        }                                                                   \
        return real(__VA_ARGS__);                                           \
    }

DISK_CALL("sync", int, fsync, (int file), file)
DISK_CALL("sync", int, fdatasync, (int file), file)
DISK_CALL("write", ssize_t, write, (int file, const void *bytes, size_t count), file, bytes, count)
DISK_CALL("write", ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t at), file, bytes, count, at)
DISK_CALL("write", ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t at), file, bytes, count, at)
DISK_CALL("write", ssize_t, writev, (int file, const struct iovec *parts, int count), file, parts, count)
DISK_CALL("write", int, ftruncate, (int file, off_t length), file, length)
DISK_CALL("write", int, ftruncate64, (int file, off64_t length), file, length)
