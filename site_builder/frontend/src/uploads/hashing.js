// What tells a file and proves its parts: MD5, as stores check it (Content-MD5, ETag).
import { createMD5 } from "hash-wasm";

const HEAD = 1024 * 1024;

/** MD5 of some blobs, one after the other; 16 bytes. */
export async function md5(...blobs) {
  const hash = await createMD5();
  hash.init();
  for (const blob of blobs) hash.update(new Uint8Array(await blob.arrayBuffer()));
  return hash.digest("binary");
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** Size, first and last mebibyte: neither name nor date, which a phone changes as it likes. */
export async function fingerprint(file) {
  const size = new Blob([String(file.size)]);
  const tail = file.slice(Math.max(0, file.size - HEAD));
  return hex(await md5(size, file.slice(0, HEAD), tail));
}

/** The checksum of a file from those of its parts: MD5 of the MD5s, and their number. */
export async function ofParts(digests) {
  return `${hex(await md5(new Blob(digests)))}-${digests.length}`;
}
