#!/usr/bin/env bash
# Writes compiler/core/src/cuda/PREDICTED.md: what networks would take on a GPU, by their operations and bytes.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet
table=compiler/core/src/cuda/PREDICTED.md
{
    echo "# Predicted, not measured"
    echo
    echo "What networks would take on an H100, by operations, bytes and blocks alone (\`predict.rs\`); no GPU has run them."
    echo "\`scripts/gpu-table.sh\` writes this page. Nodes are those of a CUDA graph; bytes are told against weights once and each"
    echo "node's operands."
    for net in lenet5 alexnet vgg16 vgg19 resnet50 resnet101 resnet152 resnet50v2 inception_v3 xception mobilenet \
        mobilenet_v2 efficientnet; do
        echo
        target/release/archc gpu-predict "zoo:$net" | sed '1s/^\([^,]*\),.*/## \1\n/'
    done
} | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' > "$table.new"
mv "$table.new" "$table"
