/** Watches the room left where messages are stored (MESSAGE-PATH rule 27): when full, sends get `storage.full`, reads go on. */
export interface StorageGuard {
  /** True below 1 GiB or 5 % free (or the WAL limit of rule 11 at 70 %). Cheap: a flag that a timer keeps. */
  full(): boolean;
}
