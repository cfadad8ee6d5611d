/* One vector's update by SGD or Adam, for those who walk over the parameters. */
#ifndef FERNET_UPDATE_H
#define FERNET_UPDATE_H

#include "simd/simd.h"

struct update {
    float *params, *first, *second; /* second is Adam's */
    float learning_rate, momentum, weight_decay;
    float beta_1, beta_2, rest_1, rest_2, epsilon; /* rest = 1 - beta */
    int nesterov;
};

static inline struct update sgd(float *params, float *velocity, float learning_rate, float momentum,
                                float weight_decay, int nesterov) {
    return (struct update){.params = params,
                           .first = velocity,
                           .learning_rate = learning_rate,
                           .momentum = momentum,
                           .weight_decay = weight_decay,
                           .nesterov = nesterov};
}

static inline struct update adam(float *params, float *first_moment, float *second_moment,
                                 float learning_rate, double beta_1, double beta_2, float epsilon,
                                 float weight_decay) {
    return (struct update){.params = params,
                           .first = first_moment,
                           .second = second_moment,
                           .learning_rate = learning_rate,
                           .beta_1 = (float)beta_1,
                           .beta_2 = (float)beta_2,
                           .rest_1 = (float)(1.0 - beta_1),
                           .rest_2 = (float)(1.0 - beta_2),
                           .epsilon = epsilon,
                           .weight_decay = weight_decay};
}

/* Update parameters i .. i + left - 1, whose gradient lies at `grads` and which carry weight decay
 * `decay`, and return them as they were. */
FERNET_INLINE vf sgd_vector(const struct update *u, int64_t i, int left, const float *grads,
                            vf decay) {
    const vf params = vf_load_up_to(u->params + i, left);
    const vf momentum = vf_set1(u->momentum);
    const vf gradient = vf_fma(decay, params, vf_load_up_to(grads, left));
    const vf step = vf_mul(vf_set1(u->learning_rate), gradient);
    const vf velocity = vf_sub(vf_mul(momentum, vf_load_up_to(u->first + i, left)), step);
    const vf move = u->nesterov ? vf_sub(vf_mul(momentum, velocity), step) : velocity;
    vf_store_up_to(u->first + i, velocity, left);
    vf_store_up_to(u->params + i, vf_add(params, move), left);
    return params;
}

FERNET_INLINE vf adam_vector(const struct update *u, int64_t i, int left, const float *grads,
                             vf decay) {
    const vf params = vf_load_up_to(u->params + i, left);
    const vf gradient = vf_fma(decay, params, vf_load_up_to(grads, left));
    const vf first = vf_fma(vf_set1(u->rest_1), gradient,
                            vf_mul(vf_set1(u->beta_1), vf_load_up_to(u->first + i, left)));
    const vf second = vf_fma(vf_mul(vf_set1(u->rest_2), gradient), gradient,
                             vf_mul(vf_set1(u->beta_2), vf_load_up_to(u->second + i, left)));
    const vf move = vf_div(vf_mul(vf_set1(u->learning_rate), first),
                           vf_add(vf_sqrt(second), vf_set1(u->epsilon)));
    vf_store_up_to(u->first + i, first, left);
    vf_store_up_to(u->second + i, second, left);
    vf_store_up_to(u->params + i, vf_sub(params, move), left);
    return params;
}

typedef vf vector_update(const struct update *u, int64_t i, int left, const float *grads, vf decay);

#endif
