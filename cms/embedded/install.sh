#!/bin/sh
# Makes .venv and installs the pins: `install.sh REQUIREMENTS`. Says what to do when it cannot.
set -eu

requirements=$1
venv=.venv
needed_mib=1500

fail() {
    printf '\n✗ %s\n\n✗ %s\n\n' "$1" "$2" >&2
    exit 1
}

usable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

free_mib=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
if [ ! -x "$venv/bin/python" ] && [ "$free_mib" -lt "$needed_mib" ]; then
    fail "Ruang disk tinggal $free_mib MiB; pemasangan memerlukan $needed_mib MiB. Kosongkan sebagian, lalu ulangi perintah ini." \
        "Only $free_mib MiB are free on this disk; the installation needs $needed_mib MiB. Free some, then run this again."
fi

if [ -x "$venv/bin/python" ] && ! usable "$venv/bin/python"; then
    fail "Folder .venv memakai Python yang terlalu lama atau sudah tidak ada. Hapus (rm -r .venv), lalu ulangi perintah ini." \
        "The folder .venv uses a Python that is too old or gone. Remove it (rm -r .venv), then run this again."
fi

if [ ! -x "$venv/bin/python" ]; then
    python=
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
        if command -v "$name" >/dev/null 2>&1 && usable "$name"; then
            python=$name
            break
        fi
    done
    if [ -z "$python" ]; then
        found=$(python3 --version 2>/dev/null || printf 'no python3')
        fail "Python 3.11 atau lebih baru tidak ditemukan ($found). Pasang, misalnya: sudo apt install python3.11 python3.11-venv; atau tunjukkan: make demo PYTHON=/jalur/ke/python3.11" \
            "Python 3.11 or newer was not found ($found). Install it, for example: sudo apt install python3.11 python3.11-venv; or point to it: make demo PYTHON=/path/to/python3.11"
    fi
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "Python $version di mesin ini tidak lengkap: modul venv tidak ada. Pasang: sudo apt install python$version-venv" \
            "Python $version on this machine is incomplete: the venv module is missing. Install it: sudo apt install python$version-venv"
    fi
    echo "Python: $("$python" --version) → $venv"
    "$python" -m venv "$venv"
fi

if ! "$venv/bin/python" -m pip install --disable-pip-version-check --quiet -r "$requirements"; then
    fail "Pemasangan paket gagal: lihat pesan di atas. Periksa sambungan internet dan ruang disk, lalu ulangi perintah ini; yang sudah terunduh tidak diunduh lagi." \
        "Installing the packages failed: see the message above. Check the connection and the disk's free space, then run this again; nothing is downloaded twice."
fi
