"""The networks that are compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .models.alexnet_lecture import AlexNetLecture, ZFNet
from .models.basics import (
    Bump,
    ImageFilters,
    LeNet1,
    LinearClassifier,
    LogisticRegression,
    MaxoutMLP,
    Perceptron,
    TwoLayerNet,
    filtered,
    maximum_likelihood,
    mean_square,
    rosenblatt,
    softmax_classifier,
    sum_of_squares,
    support_vector_machine,
)
from .models.clip import CLIP, both_towers, pairs_agree
from .models.digits import Digits
from .models.fcn32s import FCN32s
from .models.lenet5 import LeNet5
from .models.mlp import MLP
from .models.random_wired import RandomWired
from .models.resnet18 import ResNet18
from .models.segnet import SegNet
from .models.seresnet import SEResNet
from .models.simclr import FineTuned, SimCLR, SmallEncoder, contrast, embedding_and_projection
from .models.unet import UNet
from .pairs import Case
from .torchvision_models import NETWORKS, models, narrow, resnet

TRAINED = {
    "mlp": Case("basics/mlp.yaml", MLP, samples=7, room=4),
    "lenet5": Case("lenet/lenet5.yaml", LeNet5, samples=7, room=4),
    "digits": Case("digits.yaml", Digits, samples=11, room=2, seed=47),
    "resnet18": Case(
        "resnet/resnet18.yaml", ResNet18, samples=3, params={"size": 64}, seed=200, rate=3e-4, rounded_steps=4
    ),
}  # fmt: skip
"""Networks that take some steps of training, in both precisions."""


def with_auxiliary_classifiers(module: nn.Module, image: Tensor, label: Tensor) -> Tensor:
    """The loss of GoogLeNet's three classifiers."""
    last, *others = (cross_entropy(logits, label) for logits in module(image))
    return last + 0.3 * sum(others)


TINY = {"classes": 13, "size": 32}
SMALL = {"classes": 13, "size": 64}
CLASSES = {"num_classes": 13}
NARROW = {"hidden": 67}
SHALLOW = {"depths": [2, 1, 1, 1]}
ENCODER = {"encoder": "small_encoder", "channels": 1, "size": 8}


def with_encoder(make: Callable[..., nn.Module], channels: int = 1, **settings: int) -> nn.Module:
    """A network around an encoder of its own."""
    return make(SmallEncoder(channels), **settings)


ZOO = {
    "perceptron": Case("basics/perceptron.yaml", Perceptron, samples=5, loss=rosenblatt),
    "logistic_regression": Case(
        "basics/logistic_regression.yaml", LogisticRegression, samples=5, loss=maximum_likelihood
    ),
    "two_layer_net": Case("basics/two_layer_net.yaml", TwoLayerNet, samples=5, loss=sum_of_squares),
    "bump_approximator": Case("basics/bump_approximator.yaml", Bump, samples=5, loss=mean_square),
    "image_filters": Case("filters/image_filters.yaml", ImageFilters, samples=2, loss=None, outputs=filtered),
    "lenet1": Case("lenet/lenet1.yaml", LeNet1, samples=5),
    "deep_relu_mlp": Case("basics/deep_relu_mlp.yaml", partial(MLP, hidden=(128,) * 8), samples=5),
    "maxout_mlp": Case("basics/maxout_mlp.yaml", MaxoutMLP, samples=5),
    "linear_classifier": Case("basics/linear_classifier.yaml", LinearClassifier, samples=5, loss=softmax_classifier),
    "linear_classifier-hinge": Case(
        "basics/linear_classifier.yaml", LinearClassifier, samples=5, params={"loss": "hinge"},
        loss=support_vector_machine,
    ),
    "alexnet_lecture": Case(
        "alexnet/alexnet_lecture.yaml", partial(AlexNetLecture, flat=256, classes=13, **NARROW), samples=2,
        params={"classes": 13, "size": 67, **NARROW},
    ),
    "zfnet": Case(
        "alexnet/zfnet.yaml", partial(ZFNet, flat=256, classes=13, **NARROW), samples=2,
        params={"classes": 13, "size": 78, **NARROW},
    ),
    "alexnet": Case(
        "alexnet/alexnet.yaml", partial(narrow, NETWORKS["alexnet/alexnet"], **NARROW, **CLASSES), samples=2,
        params=SMALL | NARROW,
    ),
    "vgg11": Case(
        "vgg/vgg11.yaml", partial(narrow, NETWORKS["vgg/vgg11"], **NARROW, **CLASSES), samples=2, params=TINY | NARROW
    ),
    "googlenet": Case(
        "googlenet/googlenet.yaml", partial(models.googlenet, aux_logits=True, init_weights=False, **CLASSES),
        samples=3, params=TINY | {"auxiliary": True}, loss=with_auxiliary_classifiers,
    ),
    "resnet": Case("resnet/resnet.yaml", partial(models.resnet50, **CLASSES), samples=3, params=TINY),
    "resnext": Case(
        "resnet/resnext50_32x4d.yaml", partial(resnet, groups=32, width_per_group=4, **SHALLOW, **CLASSES),
        samples=4, params=TINY | SHALLOW,
    ),
    "se_resnet50": Case("resnet/se_resnet50.yaml", partial(SEResNet, classes=13), samples=3, params=TINY),
    "densenet121": Case("densenet/densenet121.yaml", partial(models.densenet121, **CLASSES), samples=3, params=TINY),
    "squeezenet1_1": Case(
        "squeezenet/squeezenet1_1.yaml", partial(models.squeezenet1_1, **CLASSES), samples=2, params=SMALL
    ),
    "mobilenet_v2": Case(
        "mobilenet/mobilenet_v2.yaml", partial(models.mobilenet_v2, width_mult=0.35, **CLASSES), samples=3,
        params=TINY | {"width": 0.35},
    ),
    "unet": Case(
        "unet/unet.yaml", partial(UNet, width=5, depth=2), samples=2, params={"width": 5, "depth": 2, "size": 52}
    ),
    "unet_padded": Case(
        "unet/unet_padded.yaml", partial(UNet, width=5, depth=2, padded=True, channels=3, classes=7), samples=2,
        params={"width": 5, "depth": 2, "classes": 7, "size": 20},
    ),
    "fcn32s": Case(
        "fcn/fcn32s.yaml", partial(FCN32s, classes=3, width=5, hidden=11), samples=2,
        params={"classes": 3, "width": 5, "hidden": 11, "size": 64, "dropout": 0},
    ),
    "segnet": Case(
        "segnet/segnet.yaml", partial(SegNet, classes=7, width=5), samples=2,
        params={"classes": 7, "width": 5, "size": 64},
    ),
    "random_wired": Case("random_wired/random_wired.yaml", RandomWired, samples=2),
    "small_encoder": Case("simclr/small_encoder.yaml", partial(SmallEncoder, classes=10), samples=3),
    "simclr": Case(
        "simclr/simclr.yaml", partial(with_encoder, SimCLR, features=11), samples=5, params={**ENCODER, "features": 11},
        loss=contrast, outputs=embedding_and_projection,
    ),
    "clip": Case(
        "clip/clip.yaml", partial(with_encoder, CLIP, words=37, features=13), samples=5,
        params={**ENCODER, "words": 37, "length": 7, "features": 13}, loss=pairs_agree, outputs=both_towers,
    ),
    "finetune": Case("finetune/finetune.yaml", partial(with_encoder, FineTuned), samples=3, params=ENCODER),
}  # fmt: skip
"""Networks whose predictions and gradients are evaluated without compiling them, in float64."""

COMPILED = {
    **{name: ZOO[name] for name in ("maxout_mlp", "alexnet_lecture", "resnext", "unet_padded", "clip")},
    "se_resnet": Case(
        "resnet/se_resnet50.yaml", partial(SEResNet, classes=13, **SHALLOW), samples=2, params=SMALL | SHALLOW
    ),
    "densenet": Case(
        "densenet/densenet121.yaml", partial(models.DenseNet, block_config=(2, 2, 2, 2), **CLASSES), samples=2,
        params=SMALL | {"depths": [2, 2, 2, 2]},
    ),
}  # fmt: skip
"""Smaller networks of the same kinds that are compiled, in float64."""

MEMBERS = {
    **{
        name: Case(f"resnet/{name}.yaml", partial(NETWORKS[f"resnet/{name}"], **CLASSES), samples=3, params=SMALL)
        for name in ("resnet34", "resnet50", "resnet101", "resnet152", "resnext101_32x8d")
    },
    **{
        name: Case(
            f"vgg/{name}.yaml", partial(narrow, NETWORKS[f"vgg/{oracle}"], **NARROW, **CLASSES), samples=2,
            params=TINY | NARROW,
        )
        for name, oracle in (("vgg", "vgg16"), ("vgg16", "vgg16"), ("vgg19", "vgg19"))
    },
}  # fmt: skip
"""Members of a family that differ from those above in numbers alone: tests compare their paths and shapes."""
