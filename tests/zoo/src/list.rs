/// Gives a macro every network that has a golden: the name in the zoo, and the golden's file.
#[macro_export]
macro_rules! every_network {
    ($with:ident) => {
        $with! {
            lenet5: "torch/lenet5";
            alexnet: "torch/alexnet_2012";
            alexnet_torch: "torch/alexnet";
            vgg11: "torch/vgg11";
            vgg11_lrn: "torch/vgg_a_lrn";
            vgg13: "torch/vgg13";
            vgg16: "keras/VGG16";
            vgg16_c: "torch/vgg_c";
            vgg16_torch: "torch/vgg16";
            vgg19: "keras/VGG19";
            vgg19_torch: "torch/vgg19";
            resnet50: "keras/ResNet50";
            resnet101: "keras/ResNet101";
            resnet152: "keras/ResNet152";
            resnet50_torch: "torch/resnet50";
            resnet101_torch: "torch/resnet101";
            resnet152_torch: "torch/resnet152";
            resnext50: "torch/resnext50_32x4d";
            resnet50_v2: "keras/ResNet50V2";
            resnet101_v2: "keras/ResNet101V2";
            resnet152_v2: "keras/ResNet152V2";
            inception_v3: "keras/InceptionV3";
            inception_v3_torch: "torch/inception_v3";
            mobilenet: "keras/MobileNet";
            xception: "keras/Xception";
            mobilenet_v2: "keras/MobileNetV2";
            mobilenet_v2_torch: "torch/mobilenet_v2";
            mobilenet_v3_large: "keras/MobileNetV3Large";
            mobilenet_v3_small: "keras/MobileNetV3Small";
            mobilenet_v3_large_torch: "torch/mobilenet_v3_large";
            efficientnet_b0: "keras/EfficientNetB0";
            efficientnet_b4: "keras/EfficientNetB4";
            efficientnet_b0_torch: "torch/efficientnet_b0";
        }
    };
}
