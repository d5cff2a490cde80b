// A metadata library that makes batches whose pools have elements of certain sizes, and nothing else.
extern "C" {
struct Pool {
    int type;
    unsigned int elements, size;
};
struct Batch {
    char base[48];
    Pool *frames, *objects, *classifiers, *displays;
};
static Pool objects = {2, 8, OBJECT}, displays = {5, 8, DISPLAY};
static Batch batch = {{}, nullptr, &objects, nullptr, &displays};
Batch *nvds_create_batch_meta(unsigned int) { return &batch; }
int nvds_destroy_batch_meta(Batch *destroyed) { return destroyed == &batch; }
}
