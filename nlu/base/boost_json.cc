// Boost.JSON's own sources: Debian's Boost 1.81 has its headers but no library of it.
#include <boost/json/src.hpp>
