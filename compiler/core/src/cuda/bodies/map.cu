// One thread for each number of the output: `c`, `column`, `row` and `image` are its place, and it becomes `value`, which a
// fragment computes.
//---
    int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= images * (Y_H * Y_W * Y_C)) return;
    int c = index % Y_C, column = index / Y_C % Y_W, row = index / (Y_C * Y_W) % Y_H, image = index / (Y_C * Y_W * Y_H);
$VALUE
    put(&y[image * Y_IMAGE + row * Y_ROW + column * Y_PIXEL + Y_FIRST + c], value);
