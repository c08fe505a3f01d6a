/*
 * What the tests make the system do to a process that is started with this library before its own: writes and
 * fsyncs of some files fail, the clock is another one. The orders are in a file that the test writes and this
 * maps; see shim.rs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct orders {
    volatile int64_t write_errno;
    volatile int64_t fsync_errno;
    volatile int64_t clock_offset_s;
    /* Part of the path of the files that this is about. */
    volatile char part[256];
};

static const struct orders *orders;

__attribute__((constructor)) static void take_orders(void)
{
    const char *path = getenv("FAULT_ORDERS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct orders), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED)
        orders = mapped;
}

/* The error that a call on this file is to have; 0 for none. */
static int fault(int64_t ordered, int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t length;
    if (ordered == 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, (const char *)orders->part) ? (int)ordered : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define REFUSE(ordered, fd)                                  \
    do {                                                     \
        int refused = orders ? fault(orders->ordered, fd) : 0; \
        if (refused) {                                       \
            errno = refused;                                 \
            return -1;                                       \
        }                                                    \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t count)
{
    /* A disk that becomes full takes a part of a long write. */
    if (orders && count > 4096 && fault(orders->write_errno, fd) == ENOSPC)
        return REAL(write)(fd, bytes, count / 2);
    REFUSE(write_errno, fd);
    return REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    REFUSE(write_errno, fd);
    return REAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    REFUSE(write_errno, fd);
    return REAL(pwrite64)(fd, bytes, count, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    REFUSE(write_errno, fd);
    return REAL(pwritev)(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
    REFUSE(write_errno, fd);
    return REAL(pwritev64)(fd, parts, count, at);
}

int fsync(int fd)
{
    REFUSE(fsync_errno, fd);
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    REFUSE(fsync_errno, fd);
    return REAL(fdatasync)(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = REAL(clock_gettime)(clock, now);
    if (result == 0 && orders && clock == CLOCK_REALTIME)
        now->tv_sec += orders->clock_offset_s;
    return result;
}
