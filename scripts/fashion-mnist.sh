#!/usr/bin/env bash
# Fashion-MNIST (MIT licence) out of Debian's package dataset-fashion-mnist, without installing it.
#
#     scripts/fashion-mnist.sh DIR
#
# leaves the four *-ubyte.gz files in DIR (31 MB). Does nothing where they are
# there already. Needs apt-get and dpkg, but not root, as long as apt's package
# lists are there (as root, it brings them itself).
set -euo pipefail

package=dataset-fashion-mnist
sums='cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa  t10k-images-idx3-ubyte.gz
8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05  t10k-labels-idx1-ubyte.gz
b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7  train-images-idx3-ubyte.gz
0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056  train-labels-idx1-ubyte.gz'

fail() { echo "fashion-mnist.sh: $*" >&2; exit 1; }

# The four files in folder $1 are what we trained and tested on; prints those that are not.
check() { (cd "$1" && sha256sum --check --quiet <<<"$sums" 2>&1); }

[ $# -eq 1 ] && [ -n "$1" ] || { echo "usage: fashion-mnist.sh DIR" >&2; exit 2; }
dir=$1
command -v sha256sum >/dev/null || fail "needs sha256sum (coreutils)"
if [ -d "$dir" ] && check "$dir" >/dev/null; then exit 0; fi
for tool in apt-get dpkg; do
  command -v $tool >/dev/null || fail "needs $tool: the images come from Debian's package $package. Elsewhere, put these files into $dir by hand:
$sums"
done

mkdir -p "$dir" || fail "cannot make the folder $dir"
# Inside DIR, so that the files get into place by renaming, never half written.
tmp=$(mktemp -d "$dir/.fetch.XXXXXX") || fail "cannot write into $dir"
trap 'rm -rf "$tmp"' EXIT
# apt's own user may not see the temporary folder; without this option apt warns of it.
download() { (cd "$tmp" && apt-get -q -o APT::Sandbox::User=root download "$package") >"$tmp/log" 2>&1; }

if ! download; then
  if [ "$(id -u)" = 0 ]; then
    apt-get -q update >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; fail "apt-get update failed: see above"; }
    download || { cat "$tmp/log" >&2; fail "apt-get found no $package: see above"; }
  else
    cat "$tmp/log" >&2
    fail "apt-get could not download $package: run 'apt-get update' as root, then this again"
  fi
fi
dpkg -x "$tmp"/"$package"_*.deb "$tmp/tree" || fail "cannot unpack the package $package"
new=$tmp/tree/usr/share/datasets/fashion-mnist
[ -d "$new" ] || fail "the package $package holds no folder ${new#"$tmp/tree"}: has it a new layout?"
wrong=$(check "$new") || fail "the package's files are not the ones known here (sha256):
$wrong"
while read -r _ name; do mv -f "$new/$name" "$dir/$name"; done <<<"$sums"
