/* Mounts an NFS share without the kernel's NFS client: FUSE on one side, libnfs on the other. For tests on
   kernels that have none. One request at a time: when the server does not answer, nobody's does. */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <nfsc/libnfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

static struct nfs_context *nfs;
/* libnfs 4.0 has room for one page in a message of NFSv4, and refuses what does not fit. */
#define LARGEST_WRITE 2048
#define FH(info) ((struct nfsfh *)(uintptr_t)(info)->fh)

static void to_stat(const struct nfs_stat_64 *from, struct stat *to) {
  memset(to, 0, sizeof *to);
  to->st_ino = from->nfs_ino;
  to->st_mode = from->nfs_mode;
  to->st_nlink = from->nfs_nlink;
  to->st_uid = from->nfs_uid;
  to->st_gid = from->nfs_gid;
  to->st_size = from->nfs_size;
  to->st_blksize = from->nfs_blksize;
  to->st_blocks = from->nfs_blocks;
  to->st_mtim.tv_sec = from->nfs_mtime;
  to->st_ctim.tv_sec = from->nfs_ctime;
}

static int do_getattr(const char *path, struct stat *out, struct fuse_file_info *info) {
  struct nfs_stat_64 found;
  int rc = info ? nfs_fstat64(nfs, FH(info), &found) : nfs_lstat64(nfs, path, &found);
  if (rc == 0) to_stat(&found, out);
  return rc;
}

static int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                      struct fuse_file_info *info, enum fuse_readdir_flags flags) {
  (void)offset, (void)info, (void)flags;
  struct nfsdir *dir;
  int rc = nfs_opendir(nfs, path, &dir);
  if (rc < 0) return rc;
  for (struct nfsdirent *entry; (entry = nfs_readdir(nfs, dir));) fill(buffer, entry->name, NULL, 0, 0);
  nfs_closedir(nfs, dir);
  return 0;
}

static int do_open(const char *path, struct fuse_file_info *info) {
  struct nfsfh *handle;
  int rc = nfs_open(nfs, path, info->flags & ~(O_CREAT | O_EXCL), &handle);
  if (rc == 0) info->fh = (uintptr_t)handle;
  return rc;
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *info) {
  struct nfsfh *handle;
  /* Exclusive creation leaves the mode to a second call in NFSv4; there is one client here. */
  struct nfs_stat_64 found;
  if ((info->flags & O_EXCL) && nfs_lstat64(nfs, path, &found) == 0) return -EEXIST;
  int rc = nfs_open2(nfs, path, O_RDWR | O_CREAT, mode, &handle);
  if (rc == 0) info->fh = (uintptr_t)handle;
  return rc;
}

static int do_read(const char *path, char *to, size_t size, off_t at, struct fuse_file_info *info) {
  (void)path;
  return nfs_pread(nfs, FH(info), at, size, to);
}

static int do_write(const char *path, const char *from, size_t size, off_t at, struct fuse_file_info *info) {
  (void)path;
  size_t done = 0;
  while (done < size) {
    size_t next = size - done < LARGEST_WRITE ? size - done : LARGEST_WRITE;
    int rc = nfs_pwrite(nfs, FH(info), at + done, next, (void *)(from + done));
    if (rc < 0) return rc;
    done += rc;
  }
  return done;
}

static int do_release(const char *path, struct fuse_file_info *info) {
  (void)path;
  return nfs_close(nfs, FH(info));
}

static int do_fsync(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only;
  return nfs_fsync(nfs, FH(info));
}

static int do_fsyncdir(const char *path, int data_only, struct fuse_file_info *info) {
  (void)path, (void)data_only, (void)info;
  return 0;
}

static int do_mkdir(const char *path, mode_t mode) { return nfs_mkdir2(nfs, path, mode); }
static int do_unlink(const char *path) { return nfs_unlink(nfs, path); }
static int do_rmdir(const char *path) { return nfs_rmdir(nfs, path); }

static int do_rename(const char *from, const char *to, unsigned flags) {
  return flags ? -EINVAL : nfs_rename(nfs, from, to);
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  return info ? nfs_ftruncate(nfs, FH(info), size) : nfs_truncate(nfs, path, size);
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *info) {
  (void)info;
  return nfs_chmod(nfs, path, mode);
}

static int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *info) {
  (void)path, (void)times, (void)info;
  return 0;
}

static int do_statfs(const char *path, struct statvfs *out) { return nfs_statvfs(nfs, path, out); }

static const struct fuse_operations operations = {
    .getattr = do_getattr, .readdir = do_readdir, .open = do_open, .create = do_create,
    .read = do_read, .write = do_write, .release = do_release, .fsync = do_fsync,
    .fsyncdir = do_fsyncdir, .mkdir = do_mkdir, .unlink = do_unlink, .rmdir = do_rmdir,
    .rename = do_rename, .truncate = do_truncate, .chmod = do_chmod, .utimens = do_utimens,
    .statfs = do_statfs,
};

/* mount-nfs <nfs url> <mount point> */
int main(int count, char **args) {
  if (count != 3) return 2;
  nfs = nfs_init_context();
  struct nfs_url *url = nfs ? nfs_parse_url_dir(nfs, args[1]) : NULL;
  if (!url || nfs_mount(nfs, url->server, url->path) != 0) {
    fprintf(stderr, "mount-nfs: %s\n", nfs ? nfs_get_error(nfs) : "out of memory");
    return 1;
  }
  char *options[] = {args[0], args[2], "-f", "-s", "-o", "attr_timeout=0,entry_timeout=0,negative_timeout=0"};
  return fuse_main(6, options, &operations, NULL);
}
