/* selvhjelpsbot-matrix: private rooms in Matrix. Wiring only; the network is bridge/matrix.c. */
#include "bridge/matrix.h"
#include "bridge/program.h"
#include "builtin.h"

int main(int argc, char **argv)
{
    const struct bridge_program program = {
        .name = "selvhjelpsbot-matrix",
        .extra = "      and whether the homeserver answers and knows the token; messages are not touched\n",
        .secret = true,
        .offline_text = builtin_offline,
        .check = matrix_check,
        .run = matrix_run,
    };
    return bridge_program(&program, argc, argv);
}
