// The value of a pooling's output, as a fragment of `map.cu`: windows are cut off at the plane.
//---
    int top = row * STRIDE_H - PADDING_H, left = column * STRIDE_W - PADDING_W;
    // Where the window ends, in the plane and its padding.
    int bottom = top + KERNEL_H < X_H + BEHIND_H ? top + KERNEL_H : X_H + BEHIND_H;
    int right = left + KERNEL_W < X_W + BEHIND_W ? left + KERNEL_W : X_W + BEHIND_W;
    int padded = (bottom - top) * (right - left);
    top = top < 0 ? 0 : top;
    left = left < 0 ? 0 : left;
    bottom = bottom < X_H ? bottom : X_H;
    right = right < X_W ? right : X_W;
    float value = MAXIMUM ? -__int_as_float(0x7f800000) : 0.0f;
    for (int i = top; i < bottom; i++) {
        for (int j = left; j < right; j++) {
            float there = number(x[image * X_IMAGE + i * X_ROW + j * X_PIXEL + X_FIRST + c]);
            value = MAXIMUM ? (there > value || there != there ? there : value) : value + there;
        }
    }
    if (!MAXIMUM) value /= COUNTS_PADDING ? padded : (bottom - top) * (right - left);
