#!/bin/bash
# Fetches the viewer OHIF (MIT) as its makers built it, checks it, and makes it live under /ohif/.
# Prints nothing where that is done already. Without npm or its registry it says so and ends well:
# everything but the viewer works without it.
# Use: ohif-viewer.sh [FOLDER]      FOLDER: default, where `mammovlm up` looks for it
set -euo pipefail

version=3.13.2
# As the registry states it (npm view @ohif/app@3.13.2 dist.integrity), in hexadecimal.
sha512=5997719a9986eeba85816f5924b71b82bdd70ad2e2d4a0cd3e831a798e4f3deea3e06e1f8c48e393271933a0ba664d85f3b04ac457e9abe8dde715d907d13c10
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mammovlm
folder=${1:-${MAMMOVLM_OHIF_DIR:-$cache/ohif-$version-1}} # -1: first edition of the changes below

without() {
    echo "setup: the viewer OHIF is not set up: $1" >&2
    echo "setup: everything else works; run \`make setup\` again to try once more." >&2
    exit 0
}

[ ! -f "$folder/index.html" ] || exit 0
command -v npm >/dev/null || without "npm is missing (Debian: npm)."

mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "setup: fetching the viewer OHIF $version (50 MB)"
# npm pack runs no script of the package.
(cd "$work" && npm pack "@ohif/app@$version" --silent --fetch-retries=1 >/dev/null 2>npm.log) ||
    without "npm could not fetch @ohif/app@$version ($(tail -n 1 "$work/npm.log" 2>/dev/null))."
package=$work/ohif-app-$version.tgz
echo "$sha512  $package" | sha512sum --check --status ||
    without "what came is not @ohif/app@$version as published (its SHA-512 differs)."
tar --extract --gzip --file "$package" --directory "$work" package/dist package/LICENSE
dist=$work/package/dist
cp "$work/package/LICENSE" "$dist/LICENSE"

# ONNX models for interactive segmentation (136 MB) and what only other web servers read.
rm -rf "$dist/ort" "$dist"/{sw.js,init-service-worker.js,_headers,_redirects,serve.json,app-config.js,google.js}

# Built for the top of a site; here it lives below /ohif/.
sed -i -E -e 's#(src|href|content)="/#\1="/ohif/#g' -e 's#window\.PUBLIC_URL="/"#window.PUBLIC_URL="/ohif/"#g' \
    -e 's#<script[^>]*init-service-worker\.js"></script>##' "$dist/index.html"
mapfile -t bundles < <(grep -l -F '.p = "/"' "$dist"/*.js)
[ ${#bundles[@]} -gt 0 ] || without "its files are not as expected."
sed -i 's#\.p = "/"#.p = "/ohif/"#g' "${bundles[@]}"
sed -i 's#url(/#url(/ohif/#g' "$dist"/*.css
sed -i 's#"/assets/#"/ohif/assets/#g' "$dist/manifest.json"

# A group of TID 1500 without a region stops OHIF's SR view (OHIF/Viewers#3390). Such groups are left
# out of its list of regions, and a report without any region is shown as text, like other reports.
reader=$(grep -l -F 'const isImagingMeasurementReport = ' "$dist"/*.js) || without "its files are not as expected."
sed -i -E -e 's#^(  const isImagingMeasurementReport = [^;]*);$#\1 \&\& JSON.stringify(instance.ContentSequence ?? "").includes("\\"SCOORD");#' \
    -e 's#^(    srDisplaySet\.measurements = _getMeasurements\(ContentSequence\));$#\1.filter(group => group?.coords?.length);#' "$reader"
[ "$(grep -c -E 'includes\("\\"SCOORD"\);|group => group\?\.coords\?\.length' "$reader")" = 2 ] ||
    without "its files are not as expected."

chmod -R a+rX "$dist"
mv -T "$dist" "$folder" 2>/dev/null || [ -f "$folder/index.html" ] || without "it cannot be written to $folder."
