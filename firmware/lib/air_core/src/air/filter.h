// What makes one calm value of several.
#pragma once

#include <array>
#include <cstddef>

#include "held.h"

namespace air {

// The mean of the newest N values; kMissing before the first.
template <std::size_t N>
class Mean {
 public:
  void add(float value) {
    values_[next_] = value;
    next_ = (next_ + 1) % N;
    if (count_ < N) ++count_;
  }

  void clear() { count_ = next_ = 0; }

  std::size_t count() const { return count_; }

  // How far apart the smallest and the largest are, as a share of the mean.
  float spread() const {
    float low = values_[0];
    float high = values_[0];
    for (std::size_t index = 1; index < count_; ++index) {
      if (values_[index] < low) low = values_[index];
      if (values_[index] > high) high = values_[index];
    }
    return (high - low) / value();
  }

  float value() const {
    if (count_ == 0) return kMissing;
    double sum = 0;  // summed anew each time: a running sum would drift over the years
    for (std::size_t index = 0; index < count_; ++index) sum += values_[index];
    return static_cast<float>(sum / static_cast<double>(count_));
  }

 private:
  std::array<float, N> values_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace air
