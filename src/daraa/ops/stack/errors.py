"""What can go wrong while the platform runs on one machine, by name."""

from daraa.kernel.errors import register

FOLDER_FOREIGN = register(
    "stack.folder.foreign", status=500, en="The state folder is not Daraa's", ar="مجلد الحالة لا يخص درعا"
)
FOLDER_NEWER = register(
    "stack.folder.newer", status=500, en="The state folder is of a newer version", ar="مجلد الحالة من إصدار أحدث"
)
FOLDER_LOCKED = register(
    "stack.folder.locked", status=409, en="The platform already runs here", ar="المنصة تعمل هنا بالفعل"
)
FOLDER_UNUSABLE = register(
    "stack.folder.unusable", status=500, en="The state folder cannot be used", ar="تعذر استخدام مجلد الحالة"
)
DISK_FULL = register("stack.disk.full", status=507, en="The disk is full", ar="القرص ممتلئ")
STEP_FAILED = register("stack.step.failed", status=500, en="A start-up step failed", ar="فشلت خطوة في الإقلاع")
INTERRUPTED = register(
    "stack.start.interrupted", status=503, en="Stopped before it was ready", ar="أُوقفت قبل أن تصبح جاهزة"
)
PORT_TWICE = register("stack.port.twice", status=500, en="Two parts want one port", ar="جزآن يريدان المنفذ نفسه")
CHILD_LOST = register("stack.child.lost", status=503, en="A part keeps dying", ar="جزء من المنصة يتوقف باستمرار")
TOUR_FAILED = register("stack.tour.failed", status=500, en="The tour did not find what it should", ar="لم تنجح الجولة")
