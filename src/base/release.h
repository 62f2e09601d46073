// release.h: the release of Go that this toolchain is: whose library it compiles and whose rules it follows.
#ifndef INGOT_BASE_RELEASE_H
#define INGOT_BASE_RELEASE_H

#define GO_RELEASE "1.27.4"

#endif
